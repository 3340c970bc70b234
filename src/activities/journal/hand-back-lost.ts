import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Activities, AgentProgress } from '../../contract/activities.ts';
import { type ActivityLogger, nameOf } from '../activity.ts';
import { Semaphore } from '../semaphore.ts';
import { pause } from '../../timing/until.ts';
import type { Journal } from './journal.ts';
import { attemptName, type SeenAttempts } from './seen-attempts.ts';
import { type RecoverOptions, startLost, uncacheRun, workerCrashed } from './recover-journal.ts';
import {
  type ActivityIds,
  heartbeatByIds,
  type HeartbeatClient,
  reportFailureByIds,
  reportUntilSettled,
  takeTurn,
} from './report-until-settled.ts';

/** An activity that Temporal considers running. */
export interface StartedActivity extends ActivityIds {
  /** Identity of the worker that received it. */
  readonly workerIdentity: string;
  readonly activityType: string;
  readonly attempt: number;
  /** Whether a heartbeat of this attempt, or of one before, left details. */
  readonly hasDetails: boolean;
}

export interface HandBackOptions {
  /** Identity of this worker, from `workerIdentity`. */
  readonly identity: string;
  /** Lists the running activities. */
  readonly started: () => AsyncIterable<StartedActivity>;
  readonly completions: HeartbeatClient;
  /** As for `recoverJournal`. */
  readonly uncache?: RecoverOptions['uncache'];
  readonly logger: ActivityLogger;
  readonly signal: AbortSignal;
}

export interface HandBackLostOptions extends HandBackOptions {
  readonly journal: Pick<Journal, 'id' | 'wasAbandoned'>;
}

export interface HandBackUnseenOptions extends HandBackOptions {
  /** The attempts that have reached this process. */
  readonly seen: Pick<SeenAttempts, 'has'>;
  /** The types of activities whose attempts `seen` has. */
  readonly types: readonly string[];
  /** Pauses before each look, in milliseconds. Default: three looks within some 2 s. */
  readonly looksMs?: readonly number[];
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
  const { journal, identity } = options;
  if (!journal.wasAbandoned) return 0;
  const isLost = ({ workerIdentity: of }: StartedActivity): boolean => of !== identity && of.endsWith(`/${journal.id}`);
  const handedBack = await handBack(isLost, workerCrashed(), options);
  if (handedBack > 0)
    options.logger.info({ handed_back: handedBack }, "handed the previous worker's lost activities back to Temporal");
  return handedBack;
}

/** An attempt is in Temporal before it is here, so one look proves nothing. */
const LOOKS_MS = [200, 800, 1000];

/**
 * Fails the attempts that Temporal gave to this worker and that never came, because Temporal or the network ended before its
 * answer was here. Temporal retries them at once instead of after their heartbeat timeout. Call it when Temporal can be reached
 * again.
 *
 * An attempt counts as lost when two looks in a row show it. Only this process has this identity, and one that has come, even if
 * its end is still to be reported, is in `seen`. Never rejects.
 *
 * @returns how many activities it handed back
 */
export async function handBackUnseen(options: HandBackUnseenOptions): Promise<number> {
  const { identity, seen, types, looksMs = LOOKS_MS, signal, logger } = options;
  let handedBack = 0;
  let before: ReadonlySet<string> = new Set();
  for (const pauseMs of looksMs) {
    await pause(pauseMs, signal);
    if (signal.aborted) break;
    const unseen = new Set<string>();
    const isLost = (activity: StartedActivity): boolean => {
      if (activity.workerIdentity !== identity || !types.includes(activity.activityType) || seen.has(activity))
        return false;
      unseen.add(attemptName(activity));
      return before.has(attemptName(activity));
    };
    handedBack += await handBack(isLost, startLost(), {
      ...options,
      before: (lost) => uncount(options.completions, lost),
    });
    before = unseen;
  }
  if (handedBack > 0)
    logger.info({ handed_back: handedBack }, 'handed activities back to Temporal that never reached this worker');
  return handedBack;
}

/** An attempt of an agent that left no details counts as a paid call. This one never began. */
async function uncount(
  completions: HeartbeatClient,
  { activityType, attempt, hasDetails, ...ids }: StartedActivity,
): Promise<void> {
  if (activityType !== ('runAgent' satisfies keyof Activities) || hasDetails) return;
  const before: Pick<AgentProgress, 'paidAttempts' | 'agentFaults'> = { paidAttempts: attempt - 1, agentFaults: 0 };
  await heartbeatByIds(completions, ids, before);
}

async function handBack(
  isLost: (activity: StartedActivity) => boolean,
  failure: Error,
  {
    started,
    completions,
    uncache,
    before,
    logger,
    signal,
  }: HandBackOptions & { before?: (lost: StartedActivity) => Promise<void> },
): Promise<number> {
  const semaphore = new Semaphore(AT_ONCE);
  const reports: Promise<boolean>[] = [];
  const handBackOne = async (activity: StartedActivity): Promise<boolean> => {
    let uncached = false;
    const report = async (): Promise<'reported' | 'settled'> => {
      if (!uncached) await uncacheRun(activity, uncache);
      uncached = true;
      await before?.(activity);
      return reportFailureByIds(completions, activity, failure);
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
    for await (const activity of started()) {
      signal.throwIfAborted();
      if (isLost(activity)) reports.push(handBackOne(activity).catch(() => false));
    }
  } catch (error) {
    logger.warn(
      { error: nameOf(error) },
      'could not list all lost activities; their heartbeat timeout ends the others',
    );
  }
  return (await Promise.all(reports)).filter(Boolean).length;
}
