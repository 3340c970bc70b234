import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { Checkpoints } from '../../src/activities/journal/checkpoints.ts';
import { type Agent, type AgentContext, AgentError } from '../../src/agents/agent.ts';
import type { JsonValue } from '../../src/contract/json-value.ts';
import { failureOf, mockAttempt } from '../support/mock-activity.ts';
import { agentInput, delayOf, setUpRunAgent } from '../support/run-agent-setup.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const LOST = { paidAttempts: 1, maxAttempts: 1, agentFaults: 0, checkpoint: { handle: 'remote-1', number: 1 } };
const ONE_CALL = agentInput({}, { maxAttempts: 1 });

/** What an agent is given when an attempt begins with these heartbeat details. */
async function resume(details: unknown, run: Agent['run'] = () => Promise.resolve({ output: 'done' })) {
  const seen: Pick<AgentContext, 'call' | 'resumed'>[] = [];
  const { start } = setUpRunAgent((text, context) => {
    seen.push({ call: context.call, ...(context.resumed !== undefined && { resumed: context.resumed }) });
    return run(text, context);
  });
  const attempt = mockAttempt({ heartbeatDetails: details });
  const end = await start(attempt, ONE_CALL).catch((error: unknown) => error);
  return { seen, end, last: attempt.heartbeats.at(-1) as Record<string, unknown> };
}

function fail(type: 'AgentUnreachable' | 'ConnectionLost'): Agent['run'] {
  return () => Promise.reject(new AgentError(type, 'did something'));
}

describe('a handle', () => {
  test('is given to the next attempt, which is the same paid call', async () => {
    const { seen, end, last } = await resume(LOST);
    assert.deepEqual([seen, end], [[{ call: 1, resumed: 'remote-1' }], { output: 'done' }]);
    assert.equal(last['paidAttempts'], 1);
  });

  test('stays, and costs no second call, when the agent is only out of reach', async () => {
    const { last } = await resume(LOST, fail('AgentUnreachable'));
    assert.deepEqual([last['paidAttempts'], last['agentFaults'], last['checkpoint']], [1, 1, LOST.checkpoint]);
    assert.deepEqual((await resume(last)).seen, [{ call: 1, resumed: 'remote-1' }]);
  });

  test('is gone when the call failed: the next one is new and paid', async () => {
    const { last } = await resume(LOST, fail('ConnectionLost'));
    assert.deepEqual([last['checkpoint'], last['over']], [undefined, 1]);
    const { seen, end } = await resume({ ...last });
    assert.deepEqual([seen, (end as { type: string }).type], [[], 'WorkerCrashed']);
  });

  test('that crashes its worker again and again is given up', async () => {
    assert.equal((await resume({ ...LOST, resumes: 9 })).seen.length, 1);
    const { seen, end } = await resume({ ...LOST, resumes: 10 });
    assert.deepEqual([seen, (end as { type: string }).type], [[], 'WorkerCrashed']);
  });

  test('is in the heartbeat and in the journal, a later one in the place of an earlier one', async (t) => {
    const journal = new Checkpoints(temporaryFolder(t));
    const kept: unknown[] = [];
    const { start } = setUpRunAgent(
      async (_, { checkpoint }) => {
        await checkpoint({ step: 1 });
        await checkpoint({ step: 2 });
        kept.push(journal.find(keyOf(attempt)));
        return { output: 'done' };
      },
      4,
      undefined,
      journal,
    );
    const attempt = mockAttempt();
    await start(attempt);
    const checkpoint = { handle: { step: 2 }, number: 2 };
    assert.deepEqual(kept, [{ paidAttempts: 1, checkpoint }]);
    assert.deepEqual((attempt.heartbeats.at(-1) as { checkpoint: unknown }).checkpoint, checkpoint);
    assert.equal(journal.find(keyOf(attempt)), undefined);
  });

  test('of the journal counts where the heartbeat is older, and not where its call is over', async (t) => {
    const inJournal = { paidAttempts: 1, checkpoint: { handle: 'of the journal', number: 2 } };
    const rows: readonly (readonly [string, unknown, JsonValue | undefined])[] = [
      ['no heartbeat arrived', undefined, 'of the journal'],
      ['an earlier handle arrived', LOST, 'of the journal'],
      ['a later handle arrived', { ...LOST, checkpoint: { handle: 'later', number: 3 } }, 'later'],
      ['its call is over', { paidAttempts: 1, agentFaults: 0, over: 1 }, undefined],
      ['another worker has begun a second call', { paidAttempts: 2, agentFaults: 0 }, undefined],
    ];
    for (const [name, heartbeatDetails, wanted] of rows) {
      assert.deepEqual(await resumedFrom(t, heartbeatDetails, inJournal), wanted, name);
    }
  });

  test('is refused when it is too large, or is no JSON', async () => {
    const rows: readonly (readonly [unknown, string])[] = [
      ['x'.repeat(64 * 1024), 'RangeError'],
      [undefined, 'TypeError'],
      [1n, 'TypeError'],
    ];
    for (const [handle, name] of rows) {
      const { start } = setUpRunAgent(async (_, { checkpoint }) => {
        await assert.rejects(checkpoint(handle as JsonValue), { name });
        return { output: 'done' };
      });
      assert.deepEqual(await start(mockAttempt()), { output: 'done' });
    }
  });

  test('kept after the call has ended changes nothing', async (t) => {
    const journal = new Checkpoints(temporaryFolder(t));
    let late: AgentContext['checkpoint'] = () => Promise.resolve();
    const { start } = setUpRunAgent(
      (_, { checkpoint }) => {
        late = checkpoint;
        return Promise.reject(new AgentError('ConnectionLost', 'broke off'));
      },
      4,
      undefined,
      journal,
    );
    const attempt = mockAttempt();
    assert.equal(delayOf(await failureOf(start(attempt))), 250);
    await late('too late');
    assert.equal(journal.find(keyOf(attempt)), undefined);
  });
});

function keyOf({ env }: ReturnType<typeof mockAttempt>) {
  const { workflowExecution, activityId, scheduledTimestampMs: scheduledAt } = env.context.info;
  return { runId: '', ...workflowExecution, activityId, scheduledAt };
}

async function resumedFrom(t: TestContext, heartbeatDetails: unknown, inJournal: unknown): Promise<unknown> {
  const journal = new Checkpoints(temporaryFolder(t));
  let resumed: unknown;
  const { start } = setUpRunAgent(
    (_, context) => {
      ({ resumed } = context);
      return Promise.resolve({ output: 'done' });
    },
    4,
    undefined,
    journal,
  );
  const attempt = mockAttempt({ heartbeatDetails });
  const workflowExecution = { workflowId: 'run-mock', runId: 'execution-1' };
  await journal.save({ ...keyOf(attempt), ...workflowExecution }, inJournal);
  await start(attempt);
  return resumed;
}
