import { setTimeout as sleep } from 'node:timers/promises';
import { ActivityCancelledError, ActivityNotFoundError, ActivityPausedError, type Client } from '@temporalio/client';
import { type PostedProgress, readAgentProgress, type TextTail } from '../contract/activities.ts';
import type { CallClaim } from '../contract/call-token.ts';
import type { Progress } from '../protocol/progress-request.ts';
import { toRecord } from '../values/is-record.ts';
import { readPendingActivities } from './read-run.ts';

/** What became of posted progress. `nobody`: no worker waits for the call at the moment, which goes on all the same. */
export type PostedEnd = 'taken' | 'nobody' | 'over';

/** As much as a heartbeat has of the text of any agent. */
const TAIL_UNITS = 4096;
/** The worker reads the details and sends them again within milliseconds: a beat in between is seen this soon. */
const LOOK_AGAIN_MS = 150;
const MAX_TRIES = 3;

/**
 * Adds what an agent posts of its call to the details of the call's heartbeat, which restarts the clock of the heartbeat timeout. The
 * worker that waits keeps what it finds there; where its own heartbeat came between, this writes again.
 *
 * @throws WorkflowNotFoundError, whatever else the SDK throws
 */
export async function postProgress(client: Client, claim: CallClaim, progress: Progress): Promise<PostedEnd> {
  const id = { workflowId: claim.workflowId, runId: claim.executionId, activityId: claim.activityId };
  let written: PostedProgress | undefined;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const pending = await readPendingActivities(client, id);
    const activity = pending.find((one) => one.activityId === claim.activityId);
    if (activity === undefined) return written === undefined ? 'over' : 'taken';
    const details = toRecord(activity.heartbeat);
    const { paidAttempts, posted } = readAgentProgress(details, 0);
    if (paidAttempts > claim.call) return 'over';
    if (!activity.running) return 'nobody';
    const before = posted?.call === claim.call ? posted : undefined;
    if (written !== undefined && (before?.number ?? 0) >= written.number) return 'taken';
    written = addTo(before, claim.call, progress);
    try {
      // A quick agent posts before the heartbeat that tells of its call.
      await client.activity.heartbeat(id, { ...details, paidAttempts: claim.call, posted: written });
    } catch (error) {
      if (error instanceof ActivityNotFoundError || error instanceof ActivityCancelledError) return 'over';
      // Temporal has the details of a paused one, too.
      if (!(error instanceof ActivityPausedError)) throw error;
    }
    await sleep(LOOK_AGAIN_MS);
  }
  return 'taken';
}

function addTo(before: PostedProgress | undefined, call: number, { progress, text }: Progress): PostedProgress {
  return {
    ...before,
    ...{ call, number: (before?.number ?? 0) + 1 },
    ...(progress !== undefined && { progress }),
    ...(text !== undefined && { text: addText(before?.text, text) }),
  };
}

function addText({ offset, text }: TextTail = { offset: 0, text: '' }, delta: string): TextTail {
  const all = text + delta;
  let cut = Math.max(all.length - TAIL_UNITS, 0);
  // Not in the midst of a character.
  if (/^[\udc00-\udfff]/.test(all.slice(cut))) cut += 1;
  return { offset: offset + cut, text: all.slice(cut) };
}
