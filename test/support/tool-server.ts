import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A server of the Model Context Protocol over stdio with one tool `add`, and one `fail`. It notes its calls in a file. */

interface Request {
  readonly id?: number;
  readonly method: string;
  readonly params?: {
    readonly protocolVersion?: string;
    readonly name?: string;
    readonly arguments?: { a?: number; b?: number };
  };
}

const [, , journal = ''] = process.argv;
const inputSchema = { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } };

function reply({ method, params = {} }: Request): object {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'sums', version: '1' },
      };
    case 'tools/list':
      return { tools: ['add', 'fail'].map((name) => ({ name, description: name, inputSchema })) };
    default: {
      appendFileSync(journal, `${params.name}\n`);
      const { a = 0, b = 0 } = params.arguments ?? {};
      return { content: [{ type: 'text', text: String(a + b) }], isError: params.name === 'fail' };
    }
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line) as Request;
  if (request.id === undefined) return;
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: request.id, result: reply(request) })}\n`);
});
