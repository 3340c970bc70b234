import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { Agent } from '../../src/agents/agent.ts';
import { createAgent } from '../../src/agents/agent-types.ts';
import type { FailureType } from '../../src/contract/failures.ts';
import { createAgentWatch } from '../../src/stack/agent-watch.ts';
import { probeAgents } from '../../src/stack/probe-agents.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { waitFor } from '../support/wait-for.ts';

/** An agent `a` that met a fault, and what the probes make of it. */
function setUp(t: TestContext, fault: FailureType, probe: Agent['probe']) {
  const watch = createAgentWatch(['a']);
  watch.attemptEnded({ agent: 'a', outcome: fault }, 0);
  const healed: string[] = [];
  let probes = 0;
  const counting: Agent['probe'] = probe && ((signal) => ((probes += 1), probe(signal)));
  const run = (): Promise<never> => assert.fail('a probe calls no agent');
  const stop = probeAgents({
    agents: new Map([['a', { agent: { run, ...(counting && { probe: counting }) } }]]),
    watch,
    metrics: { agentReachedAgain: ({ agent }) => void healed.push(agent) },
    logger: { info: () => undefined },
    everyMs: 5,
  });
  t.after(stop);
  return { watch, healed, probes: () => probes };
}

const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

describe('an agent that was unreachable', () => {
  test('is healthy again when its server is there, without a task, and is then left alone', async (t) => {
    let isThere = false;
    const { watch, healed, probes } = setUp(t, 'AgentUnreachable', () => Promise.resolve(isThere));
    await waitFor('some probes', () => probes() > 2);
    assert.deepEqual(watch.atFault(), [{ name: 'a', code: 'AgentUnreachable' }]);
    isThere = true;
    await waitFor('its health', () => healed.length > 0);
    assert.deepEqual(watch.atFault(), []);
    const before = probes();
    await quiet();
    assert.equal(probes(), before);
    assert.deepEqual(healed, ['a']);
  });

  test('stays so when the probe fails, or its type has none', async (t) => {
    const failing = setUp(t, 'AgentUnreachable', () => Promise.reject(new Error('refused')));
    const without = setUp(t, 'AgentUnreachable', undefined);
    await waitFor('some probes', () => failing.probes() > 2);
    for (const { watch, healed } of [failing, without]) {
      assert.equal(watch.atFault().length, 1);
      assert.deepEqual(healed, []);
    }
  });

  test('keeps the fault that it met during the probe', async (t) => {
    const { watch, healed, probes } = setUp(t, 'AgentUnreachable', () => {
      watch.attemptEnded({ agent: 'a', outcome: 'AgentKeyRefused' }, 1);
      return Promise.resolve(true);
    });
    await waitFor('a probe', () => probes() > 0);
    await quiet();
    assert.deepEqual(watch.atFault(), [{ name: 'a', code: 'AgentKeyRefused' }]);
    assert.deepEqual(healed, []);
  });
});

test('a refused key or a spent budget is nothing that a probe could end', async (t) => {
  const { watch, probes } = setUp(t, 'AgentBudgetExhausted', () => Promise.resolve(true));
  await quiet();
  assert.equal(probes(), 0);
  assert.equal(watch.atFault().length, 1);
});

test('Garudust is asked for its health, without a task', async () => {
  const garudust = await startFakeGarudust();
  const agent = createAgent({ type: 'garudust', url: garudust.url });
  const signal = AbortSignal.timeout(5000);
  assert.equal(await agent.probe?.(signal), true);
  await garudust.close();
  await assert.rejects(async () => agent.probe?.(signal));
});
