import type { RemoteRequest, RemoteSettings, StatusOutcome } from './remote-settings.ts';

/** What a preset settles; every setting of the agent's own takes precedence. */
export interface RemotePreset extends Partial<
  Pick<RemoteSettings, 'result' | 'answered' | 'inputTokens' | 'outputTokens' | 'costUsd'>
> {
  readonly start: RemoteRequest;
  readonly handle: Readonly<Record<string, string>>;
  readonly poll: RemoteRequest;
  readonly cancel: RemoteRequest;
  readonly status: string;
  readonly statuses: Readonly<Record<string, StatusOutcome>>;
  readonly output: readonly string[];
  /** Where a result has something only if the work waits for an input. */
  readonly waits?: string;
  /** Where an answer to `poll` has something only if the agent does not know the work. */
  readonly gone?: string;
  /** The same key starts the work once. */
  readonly idempotent: boolean;
}

const TOKENS = { inputTokens: '$.usage.input_tokens', outputTokens: '$.usage.output_tokens' };

function get(path: string): RemoteRequest {
  return { method: 'GET', path, headers: {} };
}

function post(path: string, body?: RemoteRequest['body'], headers: RemoteRequest['headers'] = {}): RemoteRequest {
  return { method: 'POST', path, headers, ...(body !== undefined && { body }) };
}

/** JSON-RPC 2.0. */
function call(method: string, params: object, headers: RemoteRequest['headers']): RemoteRequest {
  return post('', { jsonrpc: '2.0', id: '{{ call_key }}', method, params }, headers);
}

const A2A_1 = { 'A2A-Version': '1.0' };
const TASK_ID = { id: '{{ handle.id }}' };
/** TaskNotFoundError, which JSON-RPC answers with 200. */
const TASK_NOT_FOUND = '$.error[?@ == -32001]';

/** Remote agents by the name of their preset. */
export const REMOTE_PRESETS = {
  /** https://hermes-agent.nousresearch.com/docs/user-guide/features/api-server */
  hermes: {
    start: post(
      '/v1/runs',
      { input: '{{ text }}', session_id: '{{ session_key }}' },
      { 'Idempotency-Key': '{{ call_key }}' },
    ),
    handle: { id: '$.run_id' },
    poll: get('/v1/runs/{{ handle.id }}'),
    cancel: post('/v1/runs/{{ handle.id }}/stop'),
    status: '$.status',
    statuses: {
      completed: 'completed',
      failed: 'failed',
      cancelled: 'canceled',
      // Its gateway restarted in the middle of the run.
      interrupted: 'failed',
      waiting_for_approval: 'input_required',
    },
    output: ['$.output'],
    ...TOKENS,
    idempotent: true,
  },
  /** https://platform.openai.com/docs/guides/background */
  'openai-responses': {
    start: post('/responses', { model: '{{ remote_agent }}', input: '{{ text }}', background: true }),
    handle: { id: '$.id' },
    poll: get('/responses/{{ handle.id }}'),
    cancel: post('/responses/{{ handle.id }}/cancel'),
    status: '$.status',
    statuses: { completed: 'completed', failed: 'failed', cancelled: 'canceled', incomplete: 'cut_off' },
    output: ["$.output[?@.type == 'message'].content[?@.type == 'output_text'].text"],
    ...TOKENS,
    idempotent: false,
  },
  /** LangGraph's agent server: a background run on a thread of its own. https://docs.langchain.com/langsmith/server-api-ref */
  langgraph: {
    start: post('/runs', {
      assistant_id: '{{ remote_agent }}',
      input: { messages: [{ role: 'user', content: '{{ text }}' }] },
      // Otherwise the thread is gone before its state can be read.
      on_completion: 'keep',
    }),
    handle: { id: '$.run_id', thread: '$.thread_id' },
    poll: get('/threads/{{ handle.thread }}/runs/{{ handle.id }}'),
    cancel: post('/threads/{{ handle.thread }}/runs/{{ handle.id }}/cancel'),
    result: get('/threads/{{ handle.thread }}/state'),
    status: '$.status',
    // A graph at an `interrupt()` is a success whose thread has a next node; `interrupted` is a run that somebody stopped.
    statuses: { success: 'completed', error: 'failed', timeout: 'timed_out', interrupted: 'canceled' },
    waits: '$.next[0]',
    output: ['$.values.messages[-1:].content', '$.values.messages[-1:].content[*].text'],
    idempotent: false,
  },
  /** A2A 1.0 over JSON-RPC, https://a2a-protocol.org */
  a2a: {
    start: call(
      'SendMessage',
      {
        message: { role: 'ROLE_USER', messageId: '{{ call_key }}', parts: [{ text: '{{ text }}' }] },
        configuration: { returnImmediately: true },
      },
      A2A_1,
    ),
    handle: { id: '$.result.task.id' },
    answered: ['$.result.message.parts[*].text'],
    poll: call('GetTask', TASK_ID, A2A_1),
    gone: TASK_NOT_FOUND,
    cancel: call('CancelTask', TASK_ID, A2A_1),
    status: '$.result.status.state',
    statuses: {
      TASK_STATE_COMPLETED: 'completed',
      TASK_STATE_FAILED: 'failed',
      TASK_STATE_CANCELED: 'canceled',
      TASK_STATE_REJECTED: 'refused',
      TASK_STATE_INPUT_REQUIRED: 'input_required',
      TASK_STATE_AUTH_REQUIRED: 'input_required',
    },
    output: ['$.result.artifacts[*].parts[*].text', '$.result.status.message.parts[*].text'],
    idempotent: false,
  },
  /** Its version 0.3, whose methods have other names. */
  'a2a-0.3': {
    start: call(
      'message/send',
      {
        message: {
          kind: 'message',
          role: 'user',
          messageId: '{{ call_key }}',
          parts: [{ kind: 'text', text: '{{ text }}' }],
        },
        configuration: { blocking: false },
      },
      {},
    ),
    handle: { id: '$.result.id' },
    answered: ['$.result.parts[*].text'],
    poll: call('tasks/get', TASK_ID, {}),
    gone: TASK_NOT_FOUND,
    cancel: call('tasks/cancel', TASK_ID, {}),
    status: '$.result.status.state',
    statuses: {
      completed: 'completed',
      failed: 'failed',
      canceled: 'canceled',
      rejected: 'refused',
      'input-required': 'input_required',
      'auth-required': 'input_required',
    },
    output: ['$.result.artifacts[*].parts[*].text', '$.result.status.message.parts[*].text'],
    idempotent: false,
  },
} as const satisfies Readonly<Record<string, RemotePreset>>;
