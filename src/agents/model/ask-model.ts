import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createMCPClient, type MCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport as StdioTransport } from '@ai-sdk/mcp/mcp-stdio';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { type LanguageModel, type ModelMessage, stepCountIs, streamText, type ToolSet } from 'ai';
import { AgentError } from '../agent.ts';
import type { Provider } from './model-settings.ts';
import { fetchFromToolServer, limitResults } from './tool-limits.ts';
import type { ToolServer } from './tool-servers.ts';

/**
 * The one file that imports the AI SDK. It is loaded when the first task arrives, so that a worker without such an agent neither
 * waits for it nor holds it in memory.
 */

export type { ModelMessage };

export interface ModelSpec {
  readonly provider: Provider;
  readonly url: string;
  readonly model: string;
  readonly apiKey: string | undefined;
}

/** Tokens and calls, summed up over the steps. */
export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly calls: number;
}

export interface ModelRequest {
  readonly spec: ModelSpec;
  readonly headers: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly fetch: typeof fetch;
  readonly system: string | undefined;
  /** The conversation; what tools and earlier steps of a lost call added is at its end. */
  readonly messages: readonly ModelMessage[];
  readonly temperature: number | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly toolServers: Readonly<Record<string, ToolServer>>;
  readonly maxSteps: number;
  readonly signal: AbortSignal;
  onText(delta: string): void;
  onTool(name: string): void;
  /** After each call of the model: what the calls so far used. */
  onUsage(usage: ModelUsage): void;
  /** After each step but the last, before the next one begins: what the steps so far have added. What it throws ends the call. */
  onStep(added: readonly ModelMessage[]): Promise<void>;
}

export interface ModelEnd {
  /** Of the last step. */
  readonly text: string;
  readonly reason: 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other';
  /** In the provider's own word; absent where the stream ended before. */
  readonly rawReason: string | undefined;
  readonly usage: ModelUsage;
}

const CONNECT_TOOLS_MS = 30_000;

// The library prints warnings to the console, with settings in them.
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

/**
 * Asks a model, and runs the tools that it calls until it has answered or has used up its steps. Nothing is retried.
 *
 * @throws whatever the library, `fetch` or `onStep` throws; AgentError when tools can't be had
 */
export async function askModel(request: ModelRequest): Promise<ModelEnd> {
  const clients: MCPClient[] = [];
  try {
    const tools = await openTools(request.toolServers, clients, request.signal);
    return await readAnswer(request, tools);
  } finally {
    await Promise.all(clients.map((client) => client.close().catch(() => undefined)));
  }
}

async function readAnswer(request: ModelRequest, tools: ToolSet): Promise<ModelEnd> {
  const { spec, system, messages, temperature, maxOutputTokens, signal } = request;
  let usage: ModelUsage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, calls: 0 };
  let end: Pick<ModelEnd, 'reason' | 'rawReason'> = { reason: 'other', rawReason: undefined };
  let text = '';
  const { fullStream } = streamText({
    model: toModel(spec, request.fetch),
    ...(system !== undefined && { system }),
    messages: [...messages],
    headers: request.headers,
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(Object.keys(tools).length > 0 && { tools }),
    ...(request.user !== undefined && { providerOptions: toUserOptions(request.user) }),
    stopWhen: stepCountIs(request.maxSteps),
    abortSignal: signal,
    maxRetries: 0,
    // Errors arrive in the stream; the default prints them.
    onError: () => undefined,
    prepareStep: async ({ stepNumber, messages: all }) => {
      if (stepNumber > 0) await request.onStep(all.slice(messages.length));
      return {};
    },
  });
  for await (const part of fullStream) {
    switch (part.type) {
      case 'start-step':
        text = '';
        break;
      case 'text-delta':
        text += part.text;
        request.onText(part.text);
        break;
      case 'tool-call':
        request.onTool(part.toolName);
        break;
      case 'finish-step':
        usage = addUsage(usage, part.usage);
        request.onUsage(usage);
        end = { reason: part.finishReason, rawReason: part.rawFinishReason };
        break;
      case 'error':
        throw part.error;
      default:
    }
  }
  signal.throwIfAborted();
  return { text, ...end, usage };
}

type StepUsage = {
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly inputTokenDetails: { readonly cacheReadTokens: number | undefined };
};

function addUsage(sum: ModelUsage, { inputTokens, outputTokens, inputTokenDetails }: StepUsage): ModelUsage {
  return {
    inputTokens: sum.inputTokens + (inputTokens ?? 0),
    outputTokens: sum.outputTokens + (outputTokens ?? 0),
    cachedInputTokens: sum.cachedInputTokens + (inputTokenDetails.cacheReadTokens ?? 0),
    calls: sum.calls + 1,
  };
}

function toModel({ provider, url: baseURL, model, apiKey = '' }: ModelSpec, fetchModel: typeof fetch): LanguageModel {
  // A key is always given, be it an empty one: the libraries would look for one in the environment.
  const common = { baseURL, apiKey, fetch: fetchModel };
  switch (provider) {
    case 'openai':
      return createOpenAI(common).responses(model);
    case 'anthropic':
      return createAnthropic(common)(model);
    case 'google':
      return createGoogleGenerativeAI(common)(model);
    default: {
      const { apiKey: _, ...open } = common;
      const settings = { ...(apiKey === '' ? open : common), name: 'model', includeUsage: true };
      return createOpenAICompatible(settings).chatModel(model);
    }
  }
}

function toUserOptions(user: string) {
  return { openaiCompatible: { user }, openai: { user }, anthropic: { metadata: { userId: user } } };
}

async function openTools(
  servers: ModelRequest['toolServers'],
  clients: MCPClient[],
  signal: AbortSignal,
): Promise<ToolSet> {
  const all: ToolSet = {};
  for (const [name, server] of Object.entries(servers)) {
    const tools = await openServer(server, clients, signal).catch(() => {
      signal.throwIfAborted();
      throw new AgentError('AgentMisconfigured', `has no connection to its tool server ${name}`, {
        fix: `Check mcp_servers.${name} of the agent: its command or url, and what the server itself logs.`,
      });
    });
    const twice = Object.keys(tools).some((tool) => Object.hasOwn(all, tool));
    if (twice) {
      const fix = `Remove mcp_servers.${name}, or the server that has tools of the same names.`;
      throw new AgentError('AgentMisconfigured', 'has two tools of one name', { fix });
    }
    Object.assign(all, tools);
  }
  return all;
}

async function openServer(server: ToolServer, clients: MCPClient[], signal: AbortSignal): Promise<ToolSet> {
  const transport =
    'url' in server
      ? { type: 'http' as const, url: server.url, headers: { ...server.headers }, fetch: fetchFromToolServer }
      : new StdioTransport({
          command: server.command[0],
          args: server.command.slice(1),
          env: { ...server.env },
          stderr: 'ignore',
        });
  const client = await createMCPClient({
    transport,
    initializationOptions: { signal, timeout: CONNECT_TOOLS_MS },
    onUncaughtError: () => undefined,
  });
  clients.push(client);
  return limitResults((await client.tools()) as ToolSet);
}
