import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDemoAgent } from '../../src/agents/demo/demo.ts';
import { DEMO_HELP, readDemoDirectives } from '../../src/agents/demo/demo-directives.ts';
import { agentContext } from '../support/agent-context.ts';

const agent = createDemoAgent(0);

describe('the demo agent', () => {
  test('says that it is one, tells back the task and how to get a real agent', async () => {
    const { output, usage } = await agent.run(
      '\n  Why did build 4312 fail?\nmore',
      agentContext({ sessionKey: 'c:s', call: 2 }),
    );
    assert.match(output, /^This is the built-in demo agent: no model was called/);
    assert.match(output, /begins "Why did build 4312 fail\?" and has 3 lines and 32 characters/);
    assert.match(output, /Session c:s, call 2 of this run/);
    assert.match(output, /GARUDUST_URL/);
    assert.deepEqual(usage, { inputTokens: 0, outputTokens: 0, iterations: 0 });
  });

  test('fails once and then answers, or fails for good', async () => {
    await assert.rejects(agent.run('demo: fail once', agentContext({ call: 1 })), { type: 'AgentFailed' });
    await agent.run('demo: fail once', agentContext({ call: 2 }));
    await assert.rejects(agent.run('demo: fail', agentContext({ call: 9 })), { type: 'AgentFailed' });
    await assert.rejects(agent.run('demo: refuse', agentContext()), { type: 'TaskRefused' });
  });

  test('sleeps as long as told, and tells so', async () => {
    const told: string[] = [];
    const startedAt = performance.now();
    await agent.run('demo: sleep 1.2s', agentContext({ report: (text) => told.push(text) }));
    assert.ok(performance.now() - startedAt >= 1190);
    assert.deepEqual(told, ['reading the task', 'sleeping, 0 of 1.2 s', 'sleeping, 1 of 1.2 s', 'writing the answer']);
  });

  test('says what it is told to, and costs what it is told to, so that judges and budgets can be tried', async () => {
    const judge = await agent.run('Is it good?\n demo: say  Yes, 9/10 \ndemo: tokens 500', agentContext());
    assert.deepEqual(judge, { output: 'Yes, 9/10', usage: { inputTokens: 0, outputTokens: 500, iterations: 1 } });
    const lines = await agent.run('demo: say one\ndemo: say Two', agentContext());
    assert.equal(lines.output, 'one\nTwo');
    const costly = await agent.run('demo: tokens 7', agentContext());
    assert.match(costly.output, /^This is the built-in demo agent/);
    assert.equal(costly.usage?.outputTokens, 7);
    for (const text of ['demo: say', 'demo: tokens', 'demo: tokens -1', 'demo: tokens many']) {
      assert.ok((await agent.run(text, agentContext())).output.includes(DEMO_HELP), text);
    }
  });

  test('lists what it understands when asked, and when told something else', async () => {
    for (const text of ['demo: help', 'please\n demo: dance', 'demo: sleep long', 'demo:']) {
      const { output } = await agent.run(text, agentContext());
      assert.ok(output.includes(DEMO_HELP), text);
    }
    assert.equal((await agent.run('a demo: help', agentContext())).output.includes(DEMO_HELP), false);
  });

  test('understands every line of its own help', () => {
    const lines = DEMO_HELP.split('\n').filter((line) => line.startsWith('- '));
    for (const line of lines) {
      const [directive] = readDemoDirectives(line.slice(2).split(/ {2,}/)[0] ?? '');
      assert.notEqual(directive?.kind ?? 'unknown', 'unknown', line);
    }
    assert.equal(lines.length, 8);
  });
});
