import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import {
  handBackLost,
  type HandBackLostOptions,
  handBackUnseen,
  type StartedActivity,
  workerIdentity,
} from '../../src/activities/journal/hand-back-lost.ts';
import { SeenAttempts } from '../../src/activities/journal/seen-attempts.ts';
import { FakeCompletions } from '../support/fake-completions.ts';
import { RecordingLogger } from '../support/mock-activity.ts';

const JOURNAL = { id: '5a1b2c3d', wasAbandoned: true };
const DEAD = `7@pod-abcd/${JOURNAL.id}`;
const IDS = { workflowId: 'run-1', runId: 'execution-1', activityId: 'agent' };
const STARTED = { ...IDS, activityType: 'runAgent', attempt: 1, hasDetails: true };

function options(
  identities: readonly string[],
  changes: Partial<HandBackLostOptions> = {},
): HandBackLostOptions & { completions: FakeCompletions; logger: RecordingLogger } {
  const completions = new FakeCompletions();
  const logger = new RecordingLogger();
  return {
    journal: JOURNAL,
    identity: workerIdentity(JOURNAL),
    started: async function* () {
      for (const identity of identities) yield { ...STARTED, workerIdentity: await Promise.resolve(identity) };
    },
    signal: new AbortController().signal,
    ...changes,
    completions,
    logger,
  };
}

describe('workerIdentity', () => {
  test('names process, host and journal, and is no other process of the same number', () => {
    const [one, other] = [workerIdentity(JOURNAL), workerIdentity(JOURNAL)];
    assert.ok(one.startsWith(`${process.pid}@${hostname()}-`) && one.endsWith('/5a1b2c3d'));
    assert.notEqual(one, other);
  });
});

describe('handBackLost', () => {
  test('fails what was given to the worker that died, so that Temporal gives it to the next one', async () => {
    const uncached: unknown[] = [];
    const given = options([DEAD], {
      uncache: async (run) => {
        uncached.push(run);
        throw new Error('not every server knows this');
      },
    });
    assert.equal(await handBackLost(given), 1);
    const [report] = given.completions.taken;
    assert.deepEqual([report?.how, report?.to], ['fail', IDS]);
    assert.ok(report?.value instanceof ApplicationFailure);
    assert.deepEqual([report.value.type, report.value.nonRetryable], ['WorkerCrashed', false]);
    assert.deepEqual(uncached, [{ workflowId: 'run-1', runId: 'execution-1' }]);
  });

  test('leaves alone what this worker, or one with another journal or none, is at', async () => {
    const identity = workerIdentity(JOURNAL);
    const given = options([identity, '7@pod-abcd/5a1b2c3e', '7@pod', ''], { identity });
    assert.equal(await handBackLost(given), 0);
    assert.deepEqual(given.completions.taken, []);
  });

  test('does not even look when the worker before closed its journal', async () => {
    const given = options([DEAD], { journal: { ...JOURNAL, wasAbandoned: false } });
    assert.equal(await handBackLost(given), 0);
    assert.equal(given.completions.calls, 0);
  });

  test('passes over what is settled already, and never rejects', async () => {
    const settled = options([DEAD]);
    settled.completions.isClosed = true;
    assert.equal(await handBackLost(settled), 0);
    const broken = options([], {
      started: async function* () {
        yield { ...STARTED, workerIdentity: await Promise.resolve(DEAD) };
        throw new Error('Temporal is away');
      },
    });
    assert.equal(await handBackLost(broken), 1);
    assert.match(JSON.stringify(broken.logger.lines), /could not list all lost activities/);
  });
});

describe('handBackUnseen', () => {
  const identity = workerIdentity(JOURNAL);
  const mine = (changes: Partial<StartedActivity> = {}): StartedActivity => ({
    ...STARTED,
    workerIdentity: identity,
    ...changes,
  });

  /** @param looks what each look finds */
  function looking(looks: readonly (readonly StartedActivity[])[], seen = new SeenAttempts()) {
    const { journal: _none, ...common } = options([]);
    let look = 0;
    const started = async function* (): AsyncGenerator<StartedActivity> {
      yield* await Promise.resolve(looks[look++] ?? []);
    };
    return { ...common, identity, seen, started, types: ['runAgent'], looksMs: looks.map(() => 1) };
  }

  test('fails an attempt that this worker was given and that two looks in a row do not find here', async () => {
    const given = looking([[mine()], [mine()], []]);
    assert.equal(await handBackUnseen(given), 1);
    const [report] = given.completions.taken;
    assert.deepEqual([report?.how, report?.to], ['fail', IDS]);
    assert.ok(report?.value instanceof ApplicationFailure);
    assert.deepEqual([report.value.type, report.value.nonRetryable], ['WorkerCrashed', false]);
  });

  test('tells the next attempt that no call was paid where no details say so', async () => {
    const lost = mine({ attempt: 2, hasDetails: false });
    const given = looking([[lost], [lost]]);
    assert.equal(await handBackUnseen(given), 1);
    const [told, report] = given.completions.taken;
    assert.deepEqual(told, { how: 'heartbeat', to: IDS, value: { paidAttempts: 1, agentFaults: 0 } });
    assert.equal(report?.how, 'fail');
  });

  test('leaves alone what is on its way: one look proves nothing, and the next attempt is another', async () => {
    const given = looking([[mine()], [], [mine()]]);
    assert.equal(await handBackUnseen(given), 0);
    const next = looking([[mine()], [mine({ attempt: 2 })], [mine({ attempt: 3 })]]);
    assert.equal(await handBackUnseen(next), 0);
    assert.deepEqual([given.completions.calls, next.completions.calls], [0, 0]);
  });

  test('leaves alone what runs here, what has ended here, what others have and what it cannot know', async () => {
    const seen = new SeenAttempts();
    seen.begin(mine());
    seen.begin(mine({ runId: 'ended' }))();
    const others = [
      mine(),
      mine({ runId: 'ended' }),
      mine({ runId: 'dead', workerIdentity: DEAD }),
      mine({ runId: 'team', activityType: 'ofATeam' }),
    ];
    const given = looking([others, others, others], seen);
    assert.equal(await handBackUnseen(given), 0);
    assert.equal(given.completions.calls, 0);
  });

  test('sees an attempt that comes between two looks', async () => {
    const seen = new SeenAttempts();
    const given = looking([[mine()], [mine()]], seen);
    const handing = handBackUnseen({ ...given, looksMs: [1, 50] });
    setTimeout(() => seen.begin(mine()), 10);
    assert.equal(await handing, 0);
  });
});

describe('SeenAttempts', () => {
  test('forgets what ended long ago, and never what runs', () => {
    const seen = new SeenAttempts();
    const ids = (attempt: number) => ({ runId: 'run', activityId: 'agent', attempt });
    seen.begin(ids(0));
    for (let attempt = 1; attempt <= 10_001; attempt += 1) seen.begin(ids(attempt))();
    assert.deepEqual(
      [0, 1, 2, 10_001].map((attempt) => seen.has(ids(attempt))),
      [true, false, true, true],
    );
  });
});
