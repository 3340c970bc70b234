import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { type Journal, openJournal } from '../../src/activities/journal/journal.ts';
import { recoverJournal } from '../../src/activities/journal/recover-journal.ts';
import { FakeCompletions } from '../support/fake-completions.ts';
import { RecordingLogger } from '../support/mock-activity.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** A journal that a worker left behind: `running` without a result, `kept` with one. */
async function leftBehind(t: TestContext, running: readonly string[], kept: readonly string[]): Promise<Journal> {
  const folder = temporaryFolder(t);
  const before = await openJournal(folder);
  for (const workflowId of [...running, ...kept]) {
    const entry = await before.begin({
      workflowId,
      runId: 'execution-1',
      activityId: 'agent',
      scheduledAt: 1,
      activityType: 'runAgent',
      attempt: 1,
      taskToken: Buffer.from(`token of ${workflowId}`).toString('base64'),
    });
    if (kept.includes(workflowId)) await entry.keep(`answer of ${workflowId}`);
  }
  await before.close();
  const journal = await openJournal(folder);
  t.after(() => journal.close());
  return journal;
}

const NEVER = new AbortController().signal;

describe('recoverJournal', () => {
  test('reports kept results as completed, and all else as failed so that Temporal retries at once', async (t) => {
    const journal = await leftBehind(t, ['a', 'b'], ['c']);
    const completions = new FakeCompletions();
    const logger = new RecordingLogger();
    const recovery = await recoverJournal({ journal, completions, logger, signal: NEVER });
    assert.deepEqual(recovery, { completed: 1, handedBack: 2, settled: 0, left: 0 });
    const completed = completions.taken.filter(({ how }) => how === 'complete');
    assert.deepEqual(completed, [{ how: 'complete', to: 'token of c', value: 'answer of c' }]);
    for (const { to, value } of completions.taken.filter(({ how }) => how === 'fail')) {
      assert.match(JSON.stringify(to), /^"token of [ab]"$/);
      assert.ok(value instanceof ApplicationFailure);
      assert.deepEqual([value.type, value.nonRetryable], ['WorkerCrashed', false]);
      assert.ok(Number(value.nextRetryDelay) <= 1000);
    }
    assert.equal(journal.size, 0);
    assert.equal(logger.lines.length, 1);
  });

  test('tells Temporal first that the dead worker has none of these runs in its cache', async (t) => {
    const journal = await leftBehind(t, ['a'], ['b']);
    const completions = new FakeCompletions();
    const uncached: string[] = [];
    const uncache = (run: { workflowId: string; runId: string }): Promise<void> => {
      assert.equal(completions.taken.length, 0);
      uncached.push(`${run.workflowId} ${run.runId}`);
      return Promise.reject(new Error('not every server knows this'));
    };
    completions.gate = new Promise((resolve) => setTimeout(resolve, 20));
    const recovery = await recoverJournal({
      journal,
      completions,
      uncache,
      logger: new RecordingLogger(),
      signal: NEVER,
    });
    assert.deepEqual(recovery, { completed: 1, handedBack: 1, settled: 0, left: 0 });
    assert.deepEqual(uncached.toSorted(), ['a execution-1', 'b execution-1']);
  });

  test('drops what Temporal has settled meanwhile, and completes by IDs what it retries', async (t) => {
    const journal = await leftBehind(t, ['a'], ['b']);
    const completions = new FakeCompletions();
    completions.over.add('token of a').add('token of b');
    const recovery = await recoverJournal({ journal, completions, logger: new RecordingLogger(), signal: NEVER });
    assert.deepEqual(recovery, { completed: 1, handedBack: 0, settled: 1, left: 0 });
    const ids = { workflowId: 'b', runId: 'execution-1', activityId: 'agent' };
    assert.deepEqual(completions.taken, [{ how: 'complete', to: ids, value: 'answer of b' }]);
    assert.equal(journal.size, 0);
  });

  test('waits for a Temporal that is away, while the kept results can be found', async (t) => {
    const journal = await leftBehind(t, ['a'], ['b']);
    const completions = new FakeCompletions();
    completions.isAway = true;
    const recovering = recoverJournal({ journal, completions, logger: new RecordingLogger(), signal: NEVER });
    await waitFor('some tries', () => completions.calls >= 4);
    const key = { workflowId: 'b', runId: 'execution-1', activityId: 'agent', scheduledAt: 1 };
    assert.deepEqual(await journal.find(key), { result: 'answer of b' });
    completions.isAway = false;
    assert.deepEqual(await recovering, { completed: 1, handedBack: 1, settled: 0, left: 0 });
  });

  test('leaves everything to the next start when it is stopped first', async (t) => {
    const journal = await leftBehind(t, ['a'], ['b']);
    const completions = new FakeCompletions();
    completions.isAway = true;
    const stopping = new AbortController();
    const recovering = recoverJournal({
      journal,
      completions,
      logger: new RecordingLogger(),
      signal: stopping.signal,
    });
    await waitFor('a try', () => completions.calls >= 2);
    stopping.abort();
    assert.deepEqual(await recovering, { completed: 0, handedBack: 0, settled: 0, left: 2 });
    assert.equal(journal.size, 2);
  });

  test('copes with many', async (t) => {
    const journal = await leftBehind(
      t,
      Array.from({ length: 60 }, (_, i) => `running ${i}`),
      Array.from({ length: 60 }, (_, i) => `kept ${i}`),
    );
    const completions = new FakeCompletions();
    const recovery = await recoverJournal({ journal, completions, logger: new RecordingLogger(), signal: NEVER });
    assert.deepEqual(recovery, { completed: 60, handedBack: 60, settled: 0, left: 0 });
    assert.equal(new Set(completions.taken.map(({ to }) => to)).size, 120);
  });

  for (const [what, refuse] of [
    ['refuses', () => Promise.reject(new Error('no such namespace'))],
    ['does not answer', () => new Promise<never>(() => undefined)],
  ] as const) {
    test(`reports the rest when Temporal ${what} as many as it reports at once, by one log line`, async (t) => {
      const left = await leftBehind(
        t,
        Array.from({ length: 40 }, (_, i) => `running ${i}`),
        ['kept'],
      );
      const journal = { ...left, leftovers: left.leftovers.toSorted((a, b) => Number(a.isKept) - Number(b.isKept)) };
      const completed: unknown[] = [];
      const logger = new RecordingLogger();
      const stopping = new AbortController();
      t.after(() => stopping.abort());
      const recovering = recoverJournal({
        journal,
        completions: {
          complete: (_token: unknown, result: unknown) => Promise.resolve(void completed.push(result)),
          fail: refuse,
        },
        logger,
        signal: stopping.signal,
        turnMs: 20,
      });
      await waitFor('the result', () => completed.length === 1);
      assert.deepEqual(completed, ['answer of kept']);
      stopping.abort();
      assert.deepEqual(await recovering, { completed: 1, handedBack: 0, settled: 0, left: 40 });
      assert.ok(logger.lines.filter(({ level }) => level === 'warn').length <= 1);
      assert.equal(left.size, 40);
    });
  }

  test('says nothing when there is nothing', async (t) => {
    const journal = await leftBehind(t, [], []);
    const logger = new RecordingLogger();
    await recoverJournal({ journal, completions: new FakeCompletions(), logger, signal: NEVER });
    assert.deepEqual(logger.lines, []);
  });
});
