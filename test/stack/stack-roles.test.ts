import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAgentWatch } from '../../src/stack/agent-watch.ts';
import { StartError } from '../../src/stack/start-error.ts';
import { effectiveRoles } from '../../src/stack/start-stack.ts';

describe('where no webhooks are to be taken', () => {
  const config = { ingressEnabled: false };

  test('start is a worker, and worker is what it was', () => {
    assert.deepEqual(effectiveRoles({ ingress: true, worker: true }, config), { ingress: false, worker: true });
    assert.deepEqual(effectiveRoles({ ingress: false, worker: true }, config), { ingress: false, worker: true });
  });

  test('ingress has nothing to do, and says which setting is why', () => {
    assert.throws(
      () => effectiveRoles({ ingress: true, worker: false }, config),
      (error) => error instanceof StartError && error.message.includes('ingress_enabled'),
    );
  });
});

test('where they are taken, each command does what it says', () => {
  for (const asked of [
    { ingress: true, worker: true },
    { ingress: true, worker: false },
    { ingress: false, worker: true },
  ]) {
    assert.deepEqual(effectiveRoles(asked, { ingressEnabled: true }), asked);
  }
});

describe('an agent is at fault', () => {
  test('from a fault of its own until it answers', () => {
    const watch = createAgentWatch(['a', 'b']);
    assert.deepEqual(watch.atFault(), []);
    watch.attemptEnded({ agent: 'a', outcome: 'AgentKeyRefused' }, 1);
    watch.attemptEnded({ agent: 'b', outcome: 'AgentUnreachable' }, 0);
    watch.attemptEnded({ agent: 'a', outcome: 'AgentBudgetExhausted' }, 1);
    assert.deepEqual(watch.atFault(), [
      { name: 'a', code: 'AgentBudgetExhausted' },
      { name: 'b', code: 'AgentUnreachable' },
    ]);
    watch.attemptEnded({ agent: 'a', outcome: 'answered' }, 1);
    assert.deepEqual(watch.atFault(), [{ name: 'b', code: 'AgentUnreachable' }]);
  });

  test('not when it is not, or no longer, configured', () => {
    const watch = createAgentWatch(['a']);
    watch.attemptEnded({ agent: 'removed', outcome: 'AgentMisconfigured' }, 0);
    assert.deepEqual(watch.atFault(), []);
  });

  test('neither caused nor fixed by what says nothing about it', () => {
    const watch = createAgentWatch(['a', 'b']);
    for (const outcome of ['TaskRefused', 'AgentTimeout', 'WorkerStopped', 'canceled'] as const) {
      watch.attemptEnded({ agent: 'a', outcome }, 1);
    }
    assert.deepEqual(watch.atFault(), []);
    watch.attemptEnded({ agent: 'a', outcome: 'AgentUnreachable' }, 0);
    watch.attemptEnded({ agent: 'a', outcome: 'canceled' }, 1);
    assert.equal(watch.atFault().length, 1);
  });
});
