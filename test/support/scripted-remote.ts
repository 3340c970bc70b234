import { createServer, type ServerResponse } from 'node:http';
import type { PRESET_NAMES } from '../../src/agents/remote/remote-settings.ts';

type Preset = (typeof PRESET_NAMES)[number];

/** How a task stands, in the words of Hermes. */
export interface RemoteState {
  readonly status: string;
  readonly output?: string;
  readonly error?: string;
}

interface RemoteTask {
  readonly id: string;
  readonly text: string;
  readonly key: string;
  polls: number;
  canceled: boolean;
}

/** An agent that works by handles, in the form of one of the presets. */
export interface ScriptedRemote {
  readonly url: string;
  /** Tasks that were started; a repeated key of Hermes starts none. */
  readonly tasks: readonly RemoteTask[];
  /** How a task stands, by its text and how often it was asked about. */
  behave: (text: string, polls: number) => RemoteState;
  /** Answers a poll in another way; false: in the usual one. */
  meddle: (response: ServerResponse, polls: number) => boolean;
  /** Every request, as `GET /path`. */
  readonly seen: string[];
  close(): Promise<void>;
}

interface Parsed {
  readonly method: string;
  readonly path: string;
  readonly key: string;
  readonly body: Record<string, never> & {
    readonly input?: string & { readonly messages?: readonly { readonly content: string }[] };
    readonly method?: string;
    readonly params?: {
      readonly id?: string;
      readonly message?: { readonly messageId: string; readonly parts: readonly { readonly text: string }[] };
    };
  };
}

type Asks =
  | { readonly kind: 'start'; readonly text: string; readonly key: string }
  | { readonly kind: 'poll' | 'cancel' | 'result'; readonly id: string };

const A2A_STATES: Readonly<Record<string, string>> = {
  running: 'TASK_STATE_WORKING',
  completed: 'TASK_STATE_COMPLETED',
  failed: 'TASK_STATE_FAILED',
};
const LANGGRAPH_STATES: Readonly<Record<string, string>> = {
  completed: 'success',
  failed: 'error',
  waiting: 'success',
};
const USAGE = { input_tokens: 3, output_tokens: 4 };

/** How each form asks, and how it answers. */
const FORMS: Readonly<
  Record<
    Preset,
    { asks(request: Parsed): Asks | undefined; answer(id: string, state: RemoteState, kind: Asks['kind']): object }
  >
> = {
  hermes: {
    asks({ method, path, key, body }) {
      if (method === 'POST' && path === '/v1/runs') return { kind: 'start', text: body.input ?? '', key };
      return byPath(/^\/v1\/runs\/([^/]+)(\/stop)?$/, path);
    },
    answer: (id, { status, ...rest }) => ({ run_id: id, status, ...rest, usage: USAGE }),
  },
  'openai-responses': {
    asks({ method, path, body }) {
      if (method === 'POST' && path === '/responses') return { kind: 'start', text: body.input ?? '', key: '' };
      return byPath(/^\/responses\/([^/]+)(\/cancel)?$/, path);
    },
    answer: (id, { status, output }) => ({
      id,
      status: status === 'running' ? 'in_progress' : status,
      output: [
        { type: 'reasoning', content: [{ type: 'output_text', text: 'thought' }] },
        { type: 'message', content: [{ type: 'output_text', text: output ?? '' }] },
      ],
      usage: USAGE,
    }),
  },
  langgraph: {
    asks({ method, path, body }) {
      if (method === 'POST' && path === '/runs') {
        return { kind: 'start', text: body.input?.messages?.[0]?.content ?? '', key: '' };
      }
      const state = /^\/threads\/thread-([^/]+)\/state$/.exec(path);
      if (state !== null) return { kind: 'result', id: state[1] ?? '' };
      return byPath(/^\/threads\/thread-[^/]+\/runs\/([^/]+)(\/cancel)?$/, path);
    },
    answer: (id, { status, output }, kind) =>
      kind === 'result'
        ? {
            values: { messages: [{ content: 'the task' }, { content: [{ type: 'text', text: output }] }] },
            next: status === 'waiting' ? ['human'] : [],
          }
        : { run_id: id, thread_id: `thread-${id}`, status: LANGGRAPH_STATES[status] ?? status },
  },
  a2a: {
    asks: byMethod({ SendMessage: 'start', GetTask: 'poll', CancelTask: 'cancel' }),
    answer(id, { status, output }, kind) {
      const task = { id, status: { state: A2A_STATES[status] }, artifacts: [{ parts: [{ text: output }] }] };
      return { jsonrpc: '2.0', result: kind === 'start' ? { task } : task };
    },
  },
  'a2a-0.3': {
    asks: byMethod({ 'message/send': 'start', 'tasks/get': 'poll', 'tasks/cancel': 'cancel' }),
    answer: (id, { status, output }) => ({
      jsonrpc: '2.0',
      result: { kind: 'task', id, status: { state: status, message: { parts: [{ kind: 'text', text: output }] } } },
    }),
  },
};

function byPath(pattern: RegExp, path: string): Asks | undefined {
  const [, id, cancels] = pattern.exec(path) ?? [];
  return id === undefined ? undefined : { kind: cancels === undefined ? 'poll' : 'cancel', id };
}

function byMethod(kinds: Readonly<Record<string, 'start' | 'poll' | 'cancel'>>) {
  return ({ body: { method = '', params } }: Parsed): Asks | undefined => {
    const kind = kinds[method];
    if (kind === 'start') {
      return { kind, text: params?.message?.parts[0]?.text ?? '', key: params?.message?.messageId ?? '' };
    }
    return kind && { kind, id: params?.id ?? '' };
  };
}

/** Starts it on loopback. */
export async function startScriptedRemote(preset: Preset, port = 0): Promise<ScriptedRemote> {
  const form = FORMS[preset];
  const tasks: RemoteTask[] = [];
  const seen: string[] = [];
  const start = (text: string, key: string): RemoteTask => {
    const known = preset === 'hermes' ? tasks.find((task) => task.key === key && task.text === text) : undefined;
    if (known !== undefined) return known;
    const task = { id: `task ${tasks.length + 1}`, text, key, polls: 0, canceled: false };
    tasks.push(task);
    return task;
  };
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString('utf8');
      const { method = '', url: target = '', headers } = request;
      const path = decodeURIComponent(target);
      const body = (text === '' ? {} : JSON.parse(text)) as Parsed['body'];
      seen.push(`${method} ${path}`);
      const asks = form.asks({ method, path, body, key: String(headers['idempotency-key'] ?? '') });
      const task = asks?.kind === 'start' ? start(asks.text, asks.key) : tasks.find(({ id }) => id === asks?.id);
      if (asks === undefined || task === undefined) return response.writeHead(404).end();
      if (asks.kind === 'cancel') task.canceled = true;
      if (asks.kind === 'poll') task.polls += 1;
      if (asks.kind !== 'start' && remote.meddle(response, task.polls)) return undefined;
      const state = asks.kind === 'start' ? { status: 'running' } : remote.behave(task.text, task.polls);
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end(JSON.stringify(form.answer(task.id, state, asks.kind)));
    })();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the remote has no port');
  const remote: ScriptedRemote = {
    url: `http://127.0.0.1:${address.port}`,
    tasks,
    seen,
    behave: (text, polls) => (polls < 2 ? { status: 'running' } : { status: 'completed', output: `echo: ${text}` }),
    meddle: () => false,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return remote;
}
