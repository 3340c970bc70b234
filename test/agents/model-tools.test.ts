import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import { createModelAgent, type ModelSettings } from '../../src/agents/model/model.ts';
import type { JsonValue } from '../../src/contract/json-value.ts';
import { agentContext } from '../support/agent-context.ts';
import { chat, chatToolCall, type ModelBehaviour, startScriptedModel } from '../support/scripted-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface SetUp {
  readonly agent: Agent;
  readonly asked: () => number;
  readonly toolCalls: () => Promise<string[]>;
}

/** A model that behaves by how many messages of tools the conversation has, with the tool server over stdio. */
async function setUp(
  t: TestContext,
  behaviours: readonly ModelBehaviour[],
  settings: Partial<ModelSettings> = {},
): Promise<SetUp> {
  const model = await startScriptedModel(({ body }) => {
    const results = body.messages?.filter(({ role }) => role === 'tool').length ?? 0;
    return behaviours[Math.min(results, behaviours.length - 1)] ?? assert.fail();
  });
  t.after(() => model.close());
  const journal = join(temporaryFolder(t), 'calls');
  const script = new URL('../support/tool-server.ts', import.meta.url).pathname;
  const agent = createModelAgent({
    provider: 'openai-compatible',
    url: model.url,
    model: 'm',
    maxSteps: 20,
    mcpServers: { sums: { command: [process.execPath, '--import', 'tsx', script, journal], env: {} } },
    ...settings,
  });
  const toolCalls = async (): Promise<string[]> =>
    (await readFile(journal, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  return { agent, asked: () => model.seen.length, toolCalls };
}

const ADD = chatToolCall('add', { a: 19, b: 23 });

describe('the model adapter with tools', () => {
  test('calls tools until it answers, keeps the conversation after each step, and sums up the usage', async (t) => {
    const { agent, toolCalls } = await setUp(t, [ADD, ADD, chat('42 it is')]);
    const kept: JsonValue[] = [];
    const told: string[] = [];
    const checkpoint = (handle: JsonValue): Promise<void> => Promise.resolve(void kept.push(handle));
    const answer = await agent.run('add', agentContext({ checkpoint, report: (text) => told.push(text) }));
    assert.equal(answer.output, '42 it is');
    assert.deepEqual([answer.usage?.calls, answer.usage?.inputTokens], [3, 33]);
    assert.deepEqual(await toolCalls(), ['add', 'add']);
    assert.equal(kept.length, 2);
    assert.match(JSON.stringify(kept[1]), /"value":"?.*42/);
    assert.ok(told.includes('calls the tool add'));
  });

  test('goes on from the last step of a call that was lost with its worker', async (t) => {
    const { agent, asked, toolCalls } = await setUp(t, [ADD, chat('42 it is')]);
    const kept: JsonValue[] = [];
    const lost = new Error('the worker is gone');
    const checkpoint = (handle: JsonValue): Promise<void> => {
      kept.push(handle);
      return Promise.reject(lost);
    };
    await assert.rejects(agent.run('add', agentContext({ checkpoint })));
    const [resumed = assert.fail()] = kept;
    const answer = await agent.run('add', agentContext({ resumed }));
    assert.deepEqual([answer.output, answer.usage?.calls], ['42 it is', 2]);
    assert.deepEqual([asked(), await toolCalls()], [2, ['add']]);
  });

  test('keeps no conversation above the limit', async (t) => {
    const { agent } = await setUp(t, [chatToolCall('add', { a: 1, b: 2, c: 'x'.repeat(70_000) }), chat('done')]);
    const checkpoint = (): Promise<void> => assert.fail('too large');
    assert.equal((await agent.run('add', agentContext({ checkpoint }))).output, 'done');
  });

  test('stops at the cap of steps', async (t) => {
    const { agent, asked } = await setUp(t, [ADD], { maxSteps: 3 });
    await assert.rejects(agent.run('add', agentContext()), {
      type: 'TokenBudgetExceeded',
      message: 'called the model 3 times without an answer',
    });
    assert.equal(asked(), 3);
  });

  for (const [name, budget, calls, words] of [
    ['max_calls', { calls: { limit: 5, used: 3 } }, 2, 'the run has used 5 of 5 calls'],
    // The scripted model tells 11 tokens in and 7 out for each call.
    ['max_tokens', { tokens: { limit: 50, used: 0 } }, 3, 'the run has used 54 of 50 tokens'],
    ['max_cost_usd', { costUsd: { limit: 1, used: 0.5 } }, 1, 'the run has used 11.5 of 1 USD'],
  ] as const) {
    test(`ends before a call of the model that ${name} forbids, and tells what it used`, async (t) => {
      const { agent, asked } = await setUp(t, [ADD], { usdPerMillionInput: 1_000_000, usdPerMillionOutput: 0 });
      await assert.rejects(agent.run('add', agentContext({ budget })), (error) => {
        assert.ok(error instanceof AgentError);
        assert.deepEqual(
          [error.type, error.usage?.calls, error.usage?.inputTokens],
          ['BudgetExceeded', calls, 11 * calls],
        );
        assert.equal(error.message, `was not called again: ${words}`);
        return true;
      });
      assert.equal(asked(), calls);
    });
  }

  test('checks its budget before it goes on with a lost call', async (t) => {
    const { agent, asked } = await setUp(t, [ADD, chat('42 it is')]);
    const budget = { calls: { limit: 2, used: 0 } };
    const resumed = { added: [], usage: { inputTokens: 9, outputTokens: 0, cachedInputTokens: 0, calls: 2 } };
    await assert.rejects(agent.run('add', agentContext({ budget, resumed })), { type: 'BudgetExceeded' });
    assert.equal(asked(), 0);
  });

  test('tells what a call cost that failed in the midst', async (t) => {
    const fail: ModelBehaviour = (response) => void response.writeHead(500).end();
    const { agent } = await setUp(t, [ADD, fail]);
    await assert.rejects(agent.run('add', agentContext()), (error) => {
      assert.ok(error instanceof AgentError);
      assert.deepEqual([error.type, error.usage?.calls], ['AgentFailed', 1]);
      return true;
    });
  });

  test('counts a pause in the midst, which was paid', async (t) => {
    const pause: ModelBehaviour = (response) => void response.writeHead(429, { 'retry-after': '9' }).end();
    const { agent } = await setUp(t, [ADD, pause]);
    await assert.rejects(agent.run('add', agentContext()), { type: 'ModelRateLimited', retryAfterMs: 9000 });
  });

  test('lets the model know of a tool that fails', async (t) => {
    const { agent } = await setUp(t, [chatToolCall('fail', {}), chat('it failed')]);
    assert.equal((await agent.run('fail', agentContext())).output, 'it failed');
  });

  for (const [name, server] of [
    ['no program', { command: ['/nowhere/at/all'], env: {} }],
    ['a program that ends', { command: ['true'], env: {} }],
    ['nobody', { url: 'http://127.0.0.1:1/mcp', headers: {} }],
  ] as const) {
    test(`is misconfigured where a tool server is ${name}`, { timeout: 20_000 }, async (t) => {
      const { agent, asked } = await setUp(t, [ADD], { mcpServers: { files: server } });
      await assert.rejects(agent.run('x', agentContext()), {
        type: 'AgentMisconfigured',
        message: 'has no connection to its tool server files',
      });
      assert.equal(asked(), 0);
    });
  }
});
