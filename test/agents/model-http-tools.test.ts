import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentContext } from '../../src/agents/agent.ts';
import { createModelAgent } from '../../src/agents/model/model.ts';
import type { AgentAnswer } from '../../src/contract/run.ts';
import type { JsonValue } from '../../src/contract/json-value.ts';
import { agentContext } from '../support/agent-context.ts';
import { type HttpTool, startHttpToolServer } from '../support/http-tool-server.ts';
import { chat, chatToolCall, type ModelRequestSeen, startScriptedModel } from '../support/scripted-model.ts';
import { waitFor } from '../support/wait-for.ts';

const CANARY = 'canary-of-the-tool';
const MB = 1_000_000;

const TOOLS: Readonly<Record<string, HttpTool>> = {
  add: ({ a, b }) => String(Number(a) + Number(b)),
  fail() {
    throw new Error(CANARY);
  },
  slow: () => sleep(60_000, '', { ref: false }),
  die(_, response) {
    response.socket?.destroy();
    return '';
  },
  /** Its server dies between the head of its answer and the result. */
  stop(_, { socket }) {
    socket?.end('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nevent: message\n');
    return '';
  },
  huge: () => 'x'.repeat(50 * MB),
  large: () => 'x'.repeat(2 * MB),
};

interface Asked {
  readonly run: (context?: Partial<AgentContext>) => Promise<AgentAnswer>;
  readonly called: readonly string[];
  readonly authorization: () => string | undefined;
  /** What the model was told in its last call. */
  readonly lastResult: () => string;
  readonly kept: JsonValue[];
  readonly told: unknown[];
}

/** A model that calls the tools one after the other, then answers. */
async function setUp(t: TestContext, calls: readonly (readonly [string, object?])[]): Promise<Asked> {
  const server = await startHttpToolServer(t, TOOLS);
  const resultsIn = ({ body }: ModelRequestSeen) => body.messages?.filter(({ role }) => role === 'tool') ?? [];
  const model = await startScriptedModel((seen) => {
    const done = resultsIn(seen).length;
    const [name, args = {}] = calls[done] ?? [];
    return name === undefined ? chat('done') : chatToolCall(name, args, `call-${done}`);
  });
  t.after(() => model.close());
  const agent = createModelAgent({
    ...({ provider: 'openai-compatible', url: model.url, model: 'm', maxSteps: 20 } as const),
    mcpServers: { tools: { url: server.url, headers: { Authorization: 'Bearer key-of-the-tools' } } },
  });
  const kept: JsonValue[] = [];
  const told: unknown[] = [];
  const tell = (fields: object, message: string): unknown => told.push(fields, message);
  const own: Partial<AgentContext> = {
    checkpoint: (handle) => Promise.resolve(void kept.push(handle)),
    report: (text) => told.push(text),
    logger: { info: tell, warn: tell, error: tell },
  };
  return {
    run: (context = {}) => agent.run('task', agentContext({ ...own, ...context })),
    called: server.called,
    authorization: server.authorization,
    lastResult: () => JSON.stringify(model.seen.at(-1)?.body.messages?.findLast(({ role }) => role === 'tool')),
    kept,
    told,
  };
}

describe('the model adapter with tools over HTTP', () => {
  test('calls them with the headers of the settings, and keeps the conversation after each step', async (t) => {
    const { run, called, authorization, kept, lastResult, told } = await setUp(t, [
      ['add', { a: 19, b: 23 }],
      ['add', { a: 1, b: 2 }],
    ]);
    assert.deepEqual((await run()).usage?.calls, 3);
    assert.deepEqual(called, ['add', 'add']);
    assert.equal(authorization(), 'Bearer key-of-the-tools');
    assert.equal(kept.length, 2);
    assert.match(JSON.stringify(kept[0]), /42/);
    assert.match(lastResult(), /3/);
    assert.ok(told.includes('calls the tool add'));
  });

  for (const [name, reads] of [
    ['fail', /canary-of-the-tool/],
    ['die', /fetch failed/],
    ['stop', /broke off its answer/],
    ['huge', /more than 1 MiB/],
    ['large', /more than 1 MiB/],
  ] as const) {
    test(`lets the model know of a tool that does "${name}", and goes on`, async (t) => {
      const { run, called, kept, lastResult, told } = await setUp(t, [[name], ['add', { a: 1, b: 2 }], [name]]);
      const earlier = process.memoryUsage().rss;
      assert.equal((await run()).output, 'done');
      assert.deepEqual(called, [name, 'add', name]);
      assert.match(lastResult(), reads);
      assert.ok(lastResult().length < 10_000);
      assert.equal(kept.length, 3);
      assert.equal(JSON.stringify(told).includes(CANARY), false);
      assert.ok(process.memoryUsage().rss - earlier < 600 * MB);
    });
  }

  test('ends a slow tool with the call', async (t) => {
    const { run, called } = await setUp(t, [['slow']]);
    const controller = new AbortController();
    const reason = new Error('canceled');
    const ended = assert.rejects(run({ signal: controller.signal }), (error) => error === reason);
    await waitFor('the tool', () => called.length === 1);
    const abortedAt = performance.now();
    controller.abort(reason);
    await ended;
    assert.ok(performance.now() - abortedAt < 2000);
  });
});
