import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ActivityLogger } from '../activity-logger.ts';
import { Semaphore } from '../semaphore.ts';
import type { ActivityIds, CompletionClient } from './completion-client.ts';
import type { Journal } from './journal.ts';
import { type RecoverOptions, uncacheRun, workerCrashed } from './recover-journal.ts';
import { reportFailureByIds, reportUntilSettled } from './report-until-settled.ts';

/** An activity that is running by Temporal's knowledge. */
export interface StartedActivity extends ActivityIds {
  /** Of the worker that it was given to. */
  readonly workerIdentity: string;
}

export interface HandBackLostOptions {
  readonly journal: Pick<Journal, 'id' | 'wasAbandoned'>;
  /** Of this worker: `workerIdentity` with the journal's id. */
  readonly identity: string;
  /** Lists what is running. */
  readonly started: () => AsyncIterable<StartedActivity>;
  readonly completions: CompletionClient;
  /** As for `recoverJournal`. */
  readonly uncache?: RecoverOptions['uncache'];
  readonly logger: ActivityLogger;
  readonly signal: AbortSignal;
}

const AT_ONCE = 16;

/**
 * The identity of a worker that keeps a journal. It names the journal, and no two processes share it: in a container that
 * restarts, process and host are the same as before.
 *
 * @param name how the Temporal UI should name the worker. Default: process and host
 */
export function workerIdentity(journal: Pick<Journal, 'id'>, name = `${process.pid}@${hostname()}`): string {
  return `${name}-${randomBytes(2).toString('hex')}/${journal.id}`;
}

/**
 * Hands back to Temporal the activities that were on their way to the worker that died, and had not come as far as its
 * journal: Temporal takes them for running, and without this would wait for their heartbeat timeout.
 *
 * To be called after `recoverJournal`, which knows better what became of those in the journal. Does nothing when the worker
 * before this one closed its journal. Whatever fails is left to the timeout. Never rejects.
 *
 * @returns how many
 */
export async function handBackLost(options: HandBackLostOptions): Promise<number> {
  const { journal, identity, completions, uncache, logger, signal } = options;
  if (!journal.wasAbandoned) return 0;
  const semaphore = new Semaphore(AT_ONCE);
  const reports: Promise<boolean>[] = [];
  const handBack = async (activity: StartedActivity): Promise<boolean> => {
    const { workflowId, runId, activityId } = activity;
    const ids = { ...(workflowId !== undefined && { workflowId }), runId, activityId };
    const permit = await semaphore.acquire(signal);
    try {
      await uncacheRun(ids, uncache);
      const end = await reportUntilSettled(() => reportFailureByIds(completions, ids, workerCrashed()), {
        signal: AbortSignal.any([signal]),
        onFirstFailure: () => logger.warn({ runId: workflowId }, 'Temporal does not take back a lost activity yet'),
      });
      return end === 'reported';
    } finally {
      permit.release();
    }
  };
  try {
    for await (const activity of options.started()) {
      signal.throwIfAborted();
      const isLost = activity.workerIdentity !== identity && activity.workerIdentity.endsWith(`/${journal.id}`);
      if (isLost) reports.push(handBack(activity).catch(() => false));
    }
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    logger.warn({ error: name }, 'not all lost activities could be looked for; their timeout finds the others');
  }
  const handedBack = (await Promise.all(reports)).filter(Boolean).length;
  if (handedBack > 0) logger.info({ handedBack }, 'handed back what the worker before this one had just been given');
  return handedBack;
}
