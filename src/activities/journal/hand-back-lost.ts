import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type ActivityLogger, nameOf } from '../activity.ts';
import { Semaphore } from '../semaphore.ts';
import type { Journal } from './journal.ts';
import { type RecoverOptions, uncacheRun, workerCrashed } from './recover-journal.ts';
import {
  type ActivityIds,
  type CompletionClient,
  reportFailureByIds,
  reportUntilSettled,
  takeTurn,
} from './report-until-settled.ts';

/** An activity that Temporal considers running. */
export interface StartedActivity extends ActivityIds {
  /** Identity of the worker that received it. */
  readonly workerIdentity: string;
}

export interface HandBackLostOptions {
  readonly journal: Pick<Journal, 'id' | 'wasAbandoned'>;
  /** Identity of this worker, from `workerIdentity`. */
  readonly identity: string;
  /** Lists the running activities. */
  readonly started: () => AsyncIterable<StartedActivity>;
  readonly completions: CompletionClient;
  /** As for `recoverJournal`. */
  readonly uncache?: RecoverOptions['uncache'];
  readonly logger: ActivityLogger;
  readonly signal: AbortSignal;
}

const AT_ONCE = 16;

/**
 * The identity of a worker with a journal. It names the journal and is unique per process: after a restart in a container, pid
 * and host are the same as before.
 *
 * @param name name of the worker in the Temporal UI. Default: pid and host
 */
export function workerIdentity(journal: Pick<Journal, 'id'>, name = `${process.pid}@${hostname()}`): string {
  return `${name}-${randomBytes(2).toString('hex')}/${journal.id}`;
}

/**
 * Fails the activities that Temporal sent to the crashed worker and that did not reach its journal, so that Temporal retries
 * them at once. Temporal considers them running and otherwise waits for their heartbeat timeout.
 *
 * Call it after `recoverJournal`, which may have the results of others. Does nothing when the previous worker closed its
 * journal. Leaves what fails to the timeout. Never rejects.
 *
 * @returns how many activities it handed back
 */
export async function handBackLost(options: HandBackLostOptions): Promise<number> {
  const { journal, identity, completions, uncache, logger, signal } = options;
  if (!journal.wasAbandoned) return 0;
  const semaphore = new Semaphore(AT_ONCE);
  const reports: Promise<boolean>[] = [];
  const handBack = async (activity: StartedActivity): Promise<boolean> => {
    let uncached = false;
    const report = async (): Promise<'reported' | 'settled'> => {
      if (!uncached) await uncacheRun(activity, uncache);
      uncached = true;
      return reportFailureByIds(completions, activity, workerCrashed());
    };
    const own = AbortSignal.any([signal]);
    const end = await reportUntilSettled(() => takeTurn(semaphore, own, report), {
      signal: own,
      onFirstFailure: () =>
        logger.warn({ run_id: activity.workflowId }, 'could not hand a lost activity back to Temporal; retrying'),
    });
    return end === 'reported';
  };
  try {
    for await (const activity of options.started()) {
      signal.throwIfAborted();
      const isLost = activity.workerIdentity !== identity && activity.workerIdentity.endsWith(`/${journal.id}`);
      if (isLost) reports.push(handBack(activity).catch(() => false));
    }
  } catch (error) {
    logger.warn(
      { error: nameOf(error) },
      'could not list all lost activities; their heartbeat timeout ends the others',
    );
  }
  const handedBack = (await Promise.all(reports)).filter(Boolean).length;
  if (handedBack > 0)
    logger.info({ handed_back: handedBack }, "handed the previous worker's lost activities back to Temporal");
  return handedBack;
}
