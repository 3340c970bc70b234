import type { Agent } from '../../src/agents/agent.ts';
import { createCallbackAgent } from '../../src/agents/callback/callback.ts';
import { createGarudustAgent } from '../../src/agents/garudust/garudust.ts';
import { createHttpAgent } from '../../src/agents/http/http.ts';
import { createModelAgent } from '../../src/agents/model/model.ts';
import type { Provider } from '../../src/agents/model/model-settings.ts';
import { createRemoteAgent } from '../../src/agents/remote/remote.ts';
import type { REMOTE_PRESETS } from '../../src/agents/remote/remote-presets.ts';
import { describeNetworkAgent, type NetworkAgent } from './network-agent.ts';
import { type PeerReply, TEXT } from './pour-answer.ts';

/** The events of an answer, of which some have its text. */
const MODEL_EVENTS: Readonly<Record<Provider, readonly object[]>> = {
  'openai-compatible': [
    { choices: [{ index: 0, delta: { role: 'assistant', content: TEXT } }] },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ],
  openai: [
    { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'm' } },
    { type: 'response.output_text.delta', item_id: 'm', output_index: 0, content_index: 0, delta: TEXT },
    { type: 'response.output_item.done', output_index: 0, item: { type: 'message', id: 'm' } },
    { type: 'response.completed', response: { usage: { input_tokens: 1, output_tokens: 1 } } },
  ],
  anthropic: [
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TEXT } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ],
  google: [{ candidates: [{ content: { role: 'model', parts: [{ text: TEXT }] }, finishReason: 'STOP' }] }],
};

/** What the start, the polls and the result of each are answered with. */
const REMOTE_REPLIES: Readonly<Record<keyof typeof REMOTE_PRESETS, readonly object[]>> = {
  hermes: [{ run_id: '1' }, { status: 'completed', output: TEXT }],
  'openai-responses': [
    { id: '1' },
    { status: 'completed', output: [{ type: 'message', content: [{ type: 'output_text', text: TEXT }] }] },
  ],
  langgraph: [
    { run_id: '1', thread_id: '2' },
    { status: 'success' },
    { values: { messages: [{ content: TEXT }] }, next: [] },
  ],
  a2a: [
    { result: { task: { id: '1' } } },
    { result: { status: { state: 'TASK_STATE_COMPLETED' }, artifacts: [{ parts: [{ text: TEXT }] }] } },
  ],
  'a2a-0.3': [
    { result: { id: '1' } },
    { result: { status: { state: 'completed', message: { parts: [{ kind: 'text', text: TEXT }] } } } },
  ],
};

const json = (value: object): PeerReply => ({
  type: 'application/json',
  text: JSON.stringify(value),
});

const models = Object.entries(MODEL_EVENTS).map(([provider, events]): [string, NetworkAgent] => [
  `model:${provider}`,
  {
    create: (url) =>
      createModelAgent({ provider: provider as Provider, url: `${url}/v1`, model: 'm', apiKey: 'k', maxSteps: 20 }),
    replies: [
      {
        type: 'text/event-stream',
        text: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
      },
    ],
  },
]);

const remotes = Object.entries(REMOTE_REPLIES).map(([preset, replies]): [string, NetworkAgent] => [
  `remote:${preset}`,
  {
    create: (url) =>
      createRemoteAgent({
        preset: preset as keyof typeof REMOTE_PRESETS,
        url,
        remoteAgent: 'writer',
        apiKey: 'k',
        pollInterval: 5,
      }),
    replies: replies.map(json),
  },
]);

const secrets = { completionUrl: 'http://127.0.0.1:1', completionSecret: ['the-secret-of-the-completions'] };
const callbacks = ([undefined, 'garudust'] as const).map((preset): [string, NetworkAgent] => [
  `callback:${preset ?? 'own form'}`,
  {
    create: (url) =>
      untilTaken(createCallbackAgent({ url: `${url}/tasks`, ...secrets, ...(preset && { preset }), hmacSecret: 'k' })),
    replies: [{ type: 'text/plain', text: TEXT }],
  },
]);

const TAKEN = new Error('The task was taken.');

/** Answers once the task was taken, instead of waiting for the ingress to complete its activity. */
function untilTaken(agent: Agent): Agent {
  return {
    async run(text, context) {
      const taken = new AbortController();
      const signal = AbortSignal.any([context.signal, taken.signal]);
      const checkpoint = (): Promise<void> => Promise.resolve(taken.abort(TAKEN));
      const step = { activityId: 'agent', executionId: '1' };
      try {
        return await agent.run(text, { ...context, step, checkpoint, signal });
      } catch (error) {
        if (error !== TAKEN) throw error;
        return { output: 'taken: the answer comes later' };
      }
    },
  };
}

/** Every kind of agent that asks over HTTP: a type, or one of its presets and providers. */
const KINDS: readonly (readonly [string, NetworkAgent])[] = [
  ['garudust', { create: (url) => createGarudustAgent({ url, apiKey: 'k' }), replies: [json({ output: TEXT })] }],
  ...models,
  [
    'http',
    {
      create: (url) => createHttpAgent({ url: `${url}/ask`, apiKey: 'k', output: ['$.output'] }),
      replies: [json({ output: TEXT })],
    },
  ],
  ...remotes,
  ...callbacks,
];

for (const [kind, agent] of KINDS) describeNetworkAgent(kind, agent);
