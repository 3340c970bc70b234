import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { CallbackReceiver } from './callback-receiver.ts';

/** What the runs of a step came to. */
export interface Tally {
  readonly runs: number;
  /** Callbacks that came twice, with the same id and body: a receiver can tell. */
  readonly repeated: number;
  /** Runs whose agent was asked more than once. */
  readonly askedAgain: number;
}

/**
 * Makes sure that each run has finished once, and that its callback has come: the same one, where it came twice.
 */
export async function checkFinishedOnce(
  runIds: readonly string[],
  { client, receiver }: { readonly client: Client; readonly receiver: CallbackReceiver },
): Promise<Tally> {
  let repeated = 0;
  let askedAgain = 0;
  for (const runId of runIds) {
    const [first, ...more] = receiver.of(runId);
    assert.ok(first, `no callback came for ${runId}`);
    for (const again of more) assert.deepEqual(again, first, `two different callbacks came for ${runId}`);
    repeated += more.length;
    assert.equal(first.body.status, 'completed', runId);
    const call = Number(/call (\d+) of this run/.exec(first.body.text)?.[1]);
    assert.ok(call >= 1, first.body.text);
    if (call > 1) askedAgain += 1;

    const { events } = await client.workflow.getHandle(runId).fetchHistory();
    const count = (name: string): number =>
      (events ?? []).filter(
        (event) =>
          (event as unknown as Record<string, unknown>)[name] !== null &&
          event[name as keyof typeof event] !== undefined,
      ).length;
    // The first try of a callback is a marker; where that did not deliver, an activity follows.
    const [activities, tries] = [count('activityTaskCompletedEventAttributes'), count('markerRecordedEventAttributes')];
    const isOnce = activities === 2 || (activities === 1 && tries === 1);
    assert.ok(isOnce, `${runId}: the agent's answer and its callback, once each, and not ${activities} activities`);
    assert.equal(count('workflowExecutionCompletedEventAttributes'), 1, runId);
  }
  return { runs: runIds.length, repeated, askedAgain };
}

/** Makes sure that Temporal's list has each run once and none that nobody was told of. The list lags behind. */
export async function checkListed(client: Client, runIds: readonly string[]): Promise<void> {
  const expected = runIds.toSorted();
  let listed: string[] = [];
  for (const end = Date.now() + 30_000; ; await sleep(250)) {
    listed = [];
    for await (const { workflowId } of client.workflow.list()) listed.push(workflowId);
    if (listed.length >= expected.length || Date.now() > end) break;
  }
  assert.deepEqual(listed.toSorted(), expected);
}
