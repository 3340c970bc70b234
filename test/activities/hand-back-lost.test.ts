import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { handBackLost, type HandBackLostOptions, workerIdentity } from '../../src/activities/journal/hand-back-lost.ts';
import { FakeCompletions } from '../support/fake-completions.ts';
import { RecordingLogger } from '../support/mock-activity.ts';

const JOURNAL = { id: '5a1b2c3d', wasAbandoned: true };
const DEAD = `7@pod-abcd/${JOURNAL.id}`;
const IDS = { workflowId: 'run-1', runId: 'execution-1', activityId: 'agent' };

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
      for (const identity of identities) yield { ...IDS, workerIdentity: await Promise.resolve(identity) };
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
        yield { ...IDS, workerIdentity: await Promise.resolve(DEAD) };
        throw new Error('Temporal is away');
      },
    });
    assert.equal(await handBackLost(broken), 1);
    assert.match(JSON.stringify(broken.logger.lines), /could not list all lost activities/);
  });
});
