import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { startHttpServer } from './http-server.ts';

/** What a tool does with its arguments: text of its result, or an error. */
export type HttpTool = (args: Readonly<Record<string, unknown>>, response: ServerResponse) => Promise<string> | string;

export interface HttpToolServer {
  readonly url: string;
  /** Names of the tools that were called. */
  readonly called: readonly string[];
  /** Header of the last request. */
  readonly authorization: () => string | undefined;
}

/** A server of the Model Context Protocol over streamable HTTP, by the SDK of the protocol. */
export async function startHttpToolServer(
  t: Pick<TestContext, 'after'>,
  tools: Readonly<Record<string, HttpTool>>,
): Promise<HttpToolServer> {
  const called: string[] = [];
  let authorization: string | undefined;
  const url = await startHttpServer(t, (request, response) => {
    void (async () => {
      ({ authorization } = request.headers);
      const server = new Server({ name: 'tools', version: '1' }, { capabilities: { tools: {} } });
      server.setRequestHandler(ListToolsRequestSchema, () => ({
        tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' as const } })),
      }));
      server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args = {} } }) => {
        called.push(name);
        const text = await tools[name]?.(args, response);
        return { content: [{ type: 'text', text: text ?? '' }] };
      });
      // Without sessions, as a server behind a load balancer is.
      const transport = new StreamableHTTPServerTransport({});
      response.once('close', () => void server.close());
      await server.connect(transport);
      await transport.handleRequest(request, response);
    })().catch(() => response.destroy());
  });
  return { url: `${url}/mcp`, called, authorization: () => authorization };
}
