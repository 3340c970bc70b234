import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AgentError } from '../../src/agents/agent.ts';
import { createModelAgent, type ModelSettings } from '../../src/agents/model/model.ts';
import { agentContext } from '../support/agent-context.ts';
import {
  chat,
  chatEvents,
  lastTask,
  type ModelBehaviour,
  type ScriptedModel,
  sendEvents,
  startScriptedModel,
} from '../support/scripted-model.ts';

const CANARY = 'canary-in-the-answer';

const json =
  (status: number, body: object): ModelBehaviour =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** What each provider streams for the text "hello you". */
const HELLO: Readonly<Record<string, ModelBehaviour>> = {
  '/v1/chat/completions': chat('hello you'),
  '/v1/responses': (response) =>
    void sendEvents(response, [
      { type: 'response.created', response: { id: 'r', created_at: 1, model: 'm' } },
      { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'm1' } },
      { type: 'response.output_text.delta', item_id: 'm1', output_index: 0, content_index: 0, delta: 'hello ' },
      { type: 'response.output_text.delta', item_id: 'm1', output_index: 0, content_index: 0, delta: 'you' },
      { type: 'response.output_item.done', output_index: 0, item: { type: 'message', id: 'm1' } },
      {
        type: 'response.completed',
        response: { usage: { input_tokens: 11, output_tokens: 7, input_tokens_details: { cached_tokens: 4 } } },
      },
    ]).end(),
  '/v1/messages': (response) =>
    void sendEvents(response, [
      {
        type: 'message_start',
        message: {
          id: 'a',
          type: 'message',
          role: 'assistant',
          model: 'm',
          content: [],
          usage: { input_tokens: 7, cache_read_input_tokens: 4, cache_creation_input_tokens: 0, output_tokens: 0 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hello ' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'you' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } },
      { type: 'message_stop' },
    ]).end(),
  '/v1/models/m:streamGenerateContent?alt=sse': (response) =>
    void sendEvents(response, [
      { candidates: [{ content: { role: 'model', parts: [{ text: 'hello ' }] } }] },
      {
        candidates: [{ content: { role: 'model', parts: [{ text: 'you' }] }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 7, cachedContentTokenCount: 4 },
      },
    ]).end(),
};

const TASKS: Readonly<Record<string, ModelBehaviour>> = {
  refusal: chat('', 'stop', { refusal: `I can't ${CANARY}` }),
  filter: chat(CANARY, 'content_filter'),
  length: chat(CANARY, 'length'),
  empty: chat(''),
  blank: chat(' \n'),
  'no end': (response) => void sendEvents(response, chatEvents(CANARY, undefined).slice(0, 1)).end(),
  'an error in the midst': (response) =>
    void sendEvents(response, [
      ...chatEvents('so ', undefined).slice(0, 1),
      { error: { message: CANARY, code: 500 } },
    ]).end(),
  'no json': (response) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: {"x": ${CANARY}\n\n`),
  quota: json(429, { error: { code: 'insufficient_quota', message: CANARY } }),
  'long context': json(400, { error: { code: 'context_length_exceeded', message: CANARY } }),
  'no model': json(404, { error: { type: 'not_found_error', message: CANARY } }),
  'no temperature': json(400, { error: { code: 'unsupported_value', message: CANARY } }),
  'key of google': json(400, [{ error: { status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } }]),
  'filter of azure': json(400, { error: { code: 'content_filter', message: CANARY } }),
};

describe('the model adapter', () => {
  let model: ScriptedModel;
  before(async () => {
    model = await startScriptedModel((seen) => TASKS[lastTask(seen)] ?? HELLO[seen.path] ?? json(404, {}));
  });
  after(() => model.close());

  const agent = (changes: Partial<ModelSettings> = {}): ReturnType<typeof createModelAgent> =>
    createModelAgent({ provider: 'openai-compatible', url: model.url, model: 'm', maxSteps: 20, ...changes });

  const PROVIDERS = [
    ['openai-compatible', 'authorization', 'Bearer key-1', 'user'],
    ['openai', 'authorization', 'Bearer key-1', 'user'],
    ['anthropic', 'x-api-key', 'key-1', 'metadata'],
    ['google', 'x-goog-api-key', 'key-1', ''],
  ] as const;
  for (const [provider, header, value, userField] of PROVIDERS) {
    test(`speaks to ${provider}: answer, deltas, usage, cost, key, headers and user`, async () => {
      const deltas: string[] = [];
      const { output, usage } = await agent({
        provider,
        apiKey: 'key-1',
        user: '{{ session_key }}',
        headers: { 'x-session': '{{ session_key }} ü' },
        system: 'Be brief.',
        usdPerMillionInput: 10,
        usdPerMillionOutput: 100,
        usdPerMillionCached: 1,
      }).run('hi', agentContext({ reportText: (delta) => deltas.push(delta), traceHeaders: { traceparent: 't' } }));
      assert.equal(output, 'hello you');
      assert.deepEqual(deltas, ['hello ', 'you']);
      const counts = { inputTokens: 11, outputTokens: 7, cachedInputTokens: 4, iterations: 1, calls: 1 };
      assert.deepEqual(usage, { ...counts, costUsd: (7 * 10 + 4 + 7 * 100) / 1_000_000 });
      const { headers, body } = model.seen.at(-1) ?? assert.fail();
      assert.equal(headers[header], value);
      assert.equal(headers['x-session'], 'client:session %C3%BC');
      assert.equal(headers['traceparent'], 't');
      assert.match(JSON.stringify(body), /Be brief\./);
      if (userField !== '') assert.match(JSON.stringify(body[userField]), /client:session/);
    });
  }

  test('sends the turns before, and no key or cost where none is set', async () => {
    const history = [
      { role: 'user', text: 'one' },
      { role: 'assistant', text: 'two' },
    ] as const;
    const { usage } = await agent().run('three', agentContext({ history }));
    const { headers, body } = model.seen.at(-1) ?? assert.fail();
    assert.deepEqual(
      body.messages?.map(({ role, content }) => [role, content]),
      [...history.map(({ role, text }) => [role, text]), ['user', 'three']],
    );
    assert.equal(headers.authorization, undefined);
    assert.equal(usage?.costUsd, undefined);
  });

  const FAILURES = [
    ['refusal', 'TaskRefused', 'refused the task'],
    ['filter', 'TaskRefused', 'refused the task'],
    ['length', 'TokenBudgetExceeded', 'reached its limit of output tokens (7 used)'],
    ['empty', 'ModelAnswerUnreadable', 'gave an empty answer'],
    ['blank', 'ModelAnswerUnreadable', 'gave an empty answer'],
    ['no end', 'ModelAnswerUnreadable', 'sent an answer that is not readable'],
    ['an error in the midst', 'ModelUnavailable', 'reported an error in the midst of its answer'],
    ['no json', 'ModelAnswerUnreadable', 'sent an answer that is not readable'],
    ['quota', 'AgentBudgetExhausted', 'has a key whose budget is spent (429)'],
    ['long context', 'TaskRefused', 'has a model whose context is too short for the conversation (400)'],
    ['no model', 'AgentMisconfigured', 'has no such model (404)'],
    ['no temperature', 'AgentMisconfigured', 'has a model that does not take one of its settings (400)'],
    ['key of google', 'AgentKeyRefused', 'refused our key (400)'],
    ['filter of azure', 'TaskRefused', 'refused the task by its content filter (400)'],
  ] as const;
  for (const [task, type, words] of FAILURES) {
    test(`${task}: ${type}, asked once`, async () => {
      const asked = model.seen.length;
      const error = await agent()
        .run(task, agentContext())
        .catch((reason: unknown) => reason);
      assert.ok(error instanceof AgentError, String(error));
      assert.deepEqual([error.type, error.message], [type, words]);
      assert.equal(JSON.stringify([error.stack, Object.entries(error)]).includes(CANARY), false);
      assert.equal(model.seen.length - asked, 1);
    });
  }

  test('looks for no key in the environment', async () => {
    process.env['OPENAI_API_KEY'] = 'sk-of-somebody';
    try {
      await agent({ provider: 'openai' }).run('hi', agentContext());
    } finally {
      delete process.env['OPENAI_API_KEY'];
    }
    assert.equal(model.seen.at(-1)?.headers.authorization, 'Bearer');
  });
});
