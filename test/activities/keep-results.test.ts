import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { describe, test, type TestContext } from 'node:test';
import { heartbeat } from '@temporalio/activity';
import { ActivityCancellationDetails, ApplicationFailure, CompleteAsyncError } from '@temporalio/common';
import { openJournal } from '../../src/activities/journal/journal.ts';
import { keepResults } from '../../src/activities/journal/keep-results.ts';
import { startHeartbeat } from '../../src/activities/heartbeat.ts';
import { FakeCompletions } from '../support/fake-completions.ts';
import { type MockAttempt, mockAttempt, RecordingLogger } from '../support/mock-activity.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const IDS = { workflowId: 'run-mock', runId: 'execution-1', activityId: 'agent' };

/** An attempt whose token reads as `token-<number>`. */
function numbered(attempt: number, info: Parameters<typeof mockAttempt>[0] = {}): MockAttempt {
  const taskToken = Buffer.from(`token-${attempt}`);
  return mockAttempt({ attempt, taskToken, base64TaskToken: taskToken.toString('base64'), ...info });
}

async function setUp(t: TestContext, work: () => Promise<unknown> = () => Promise.resolve('answer')) {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder);
  t.after(() => journal.close());
  const completions = new FakeCompletions();
  const logger = new RecordingLogger();
  let calls = 0;
  const activity = keepResults(
    () => {
      calls += 1;
      return work();
    },
    { journal, completions, logger },
  );
  return {
    folder,
    journal,
    completions,
    logger,
    calls: () => calls,
    entries: () => journal.size,
    run: (attempt: MockAttempt): Promise<unknown> => attempt.env.run(activity, 'input'),
  };
}

describe('keepResults', () => {
  test('reports the result by the token, forgets it, and leaves the end to that report', async (t) => {
    const { run, completions, entries } = await setUp(t);
    await assert.rejects(run(numbered(1)), CompleteAsyncError);
    assert.deepEqual(completions.taken, [{ how: 'complete', to: 'token-1', value: 'answer' }]);
    assert.equal(entries(), 0);
  });

  test('has the result on the disk before it reports it', async (t) => {
    const { run, completions, journal, entries } = await setUp(t);
    let open = (): void => undefined;
    completions.gate = new Promise((resolve) => {
      open = resolve;
    });
    const attempt = numbered(1);
    const running = run(attempt);
    await waitFor('the report', () => completions.calls === 1);
    assert.equal(entries(), 1);
    const key = { ...IDS, scheduledAt: attempt.env.context.info.scheduledTimestampMs };
    assert.deepEqual(await journal.find(key), { result: 'answer' });
    open();
    await assert.rejects(running, CompleteAsyncError);
  });

  test('throws what the activity throws, reports nothing and keeps nothing', async (t) => {
    const failure = ApplicationFailure.nonRetryable('no');
    const { run, completions, entries } = await setUp(t, () => Promise.reject(failure));
    await assert.rejects(run(numbered(1)), (error) => error === failure);
    assert.deepEqual([completions.calls, entries()], [0, 0]);
  });

  test('goes on reporting while Temporal is away, and beats with the last details', async (t) => {
    const { run, completions, entries, logger } = await setUp(t, () => {
      const beat = startHeartbeat();
      beat.beat({ paidAttempts: 1 });
      beat.stop();
      return Promise.resolve('answer');
    });
    completions.isAway = true;
    const attempt = numbered(1, { heartbeatTimeoutMs: 90 });
    const running = run(attempt);
    await waitFor('tries and beats', () => completions.calls >= 3 && attempt.heartbeats.length >= 4);
    for (const details of attempt.heartbeats) assert.deepEqual(details, { paidAttempts: 1 });
    completions.isAway = false;
    await assert.rejects(running, CompleteAsyncError);
    assert.deepEqual(
      completions.taken.map(({ to }) => to),
      ['token-1'],
    );
    assert.equal(entries(), 0);
    assert.equal(logger.lines.filter(({ level }) => level === 'warn').length, 1);
  });

  test('reports by the ids when Temporal has given the attempt up meanwhile', async (t) => {
    const { run, completions } = await setUp(t);
    completions.over.add('token-1');
    await assert.rejects(run(numbered(1)), CompleteAsyncError);
    assert.deepEqual(completions.taken, [{ how: 'complete', to: IDS, value: 'answer' }]);
  });

  test('ends when Temporal knows no such activity any more', async (t) => {
    const { run, completions, entries } = await setUp(t);
    completions.over.add('token-1');
    completions.isClosed = true;
    await assert.rejects(run(numbered(1)), CompleteAsyncError);
    assert.deepEqual([completions.taken, entries()], [[], 0]);
  });

  test('ends when the total time is up', async (t) => {
    const { run, completions, entries } = await setUp(t);
    completions.isAway = true;
    await assert.rejects(run(numbered(1, { scheduleToCloseTimeoutMs: 150 })), CompleteAsyncError);
    assert.equal(entries(), 0);
  });

  test('gives a later attempt the kept result instead of doing the work again', async (t) => {
    const { run, completions, entries, calls } = await setUp(t);
    completions.isAway = true;
    const first = run(numbered(1));
    await waitFor('the first try', () => completions.calls > 0);
    completions.over.add('token-1');
    completions.isAway = false;
    await assert.rejects(run(numbered(2)), CompleteAsyncError);
    completions.isClosed = true;
    await assert.rejects(first, CompleteAsyncError);
    assert.deepEqual(completions.taken[0], { how: 'complete', to: 'token-2', value: 'answer' });
    assert.deepEqual([calls(), entries()], [1, 0]);
  });

  test('does not give the result of an activity to another one of the same id', async (t) => {
    const { run, completions, calls } = await setUp(t);
    completions.isAway = true;
    const first = numbered(1);
    const running = run(first);
    await waitFor('the first try', () => completions.calls > 0);
    completions.isAway = false;
    await assert.rejects(run(numbered(1, { scheduledTimestampMs: 2 })), CompleteAsyncError);
    await assert.rejects(running, CompleteAsyncError);
    assert.equal(calls(), 2);
  });

  test('leaves the result to the next start when the worker stops before Temporal is back', async (t) => {
    const { run, completions, entries } = await setUp(t);
    completions.isAway = true;
    const attempt = numbered(1);
    const running = run(attempt);
    await waitFor('the first try', () => completions.calls > 0);
    attempt.env.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails());
    await assert.rejects(running, CompleteAsyncError);
    assert.equal(entries(), 1);
  });

  test('is not stopped by a cancel: the result is there', async (t) => {
    const { run, completions } = await setUp(t);
    completions.isAway = true;
    const attempt = numbered(1);
    const running = run(attempt);
    await waitFor('the first try', () => completions.calls > 0);
    attempt.env.cancel();
    completions.isAway = false;
    await assert.rejects(running, CompleteAsyncError);
    assert.equal(completions.taken.length, 1);
  });

  test('returns the result as usual when the disk fails', async (t) => {
    const { run, folder, completions, logger } = await setUp(t);
    rmSync(folder, { recursive: true });
    assert.equal(await run(numbered(1)), 'answer');
    assert.equal(completions.calls, 0);
    assert.match(JSON.stringify(logger.lines), /ENOENT.*could not write the journal/);
  });

  test('returns the result as usual when the disk fails between begin and keep', async (t) => {
    const { run, entries, folder, completions } = await setUp(t, () => {
      for (const name of readdirSync(folder)) if (name.endsWith('.jsonl')) rmSync(`${folder}/${name}`);
      return Promise.resolve('answer');
    });
    assert.equal(await run(numbered(1)), 'answer');
    assert.deepEqual([completions.calls, entries()], [0, 0]);
  });

  test('leaves local activities alone, which no token completes', async (t) => {
    const { run, completions } = await setUp(t, () => {
      heartbeat();
      return Promise.resolve('answer');
    });
    assert.equal(await run(numbered(1, { isLocal: true })), 'answer');
    assert.equal(completions.calls, 0);
  });
});
