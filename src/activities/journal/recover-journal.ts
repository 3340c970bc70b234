import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../../contract/failures.ts';
import type { ActivityLogger } from '../activity-logger.ts';
import { Semaphore } from '../semaphore.ts';
import type { ActivityIds, CompletionClient } from './completion-client.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { reportFailure, reportResult, reportUntilSettled } from './report-until-settled.ts';

export interface RecoverOptions {
  readonly journal: Journal;
  readonly completions: CompletionClient;
  /**
   * Tells Temporal that no worker has the run in its cache any more. Otherwise it would first wait for the dead one, with
   * every run's next step. Default: it waits.
   */
  readonly uncache?: (run: RunIds) => Promise<void>;
  readonly logger: ActivityLogger;
  /** Ends the waiting for a Temporal that is away; what is left stays for the next start. */
  readonly signal: AbortSignal;
}

/** What the worker before this one left, counted. */
export interface Recovery {
  /** Results that Temporal now has. */
  readonly completed: number;
  /** Attempts that Temporal now starts anew. */
  readonly handedBack: number;
  /** Attempts that were over for Temporal already. */
  readonly settled: number;
  /** Not reported; still in the journal. */
  readonly left: number;
}

/** One execution of a workflow. */
export interface RunIds {
  readonly workflowId: string;
  readonly runId: string;
}

type Fate = keyof Recovery;

const AT_ONCE = 16;
/**
 * At once, but not 0, which would end the activity. A task that kills its worker is in no tight loop: a worker needs a
 * second to start, and calls that may have cost money are counted.
 */
const RETRY_DELAY_MS = 100;

/**
 * Reports to Temporal what a worker that died left in its journal: kept results as completed, all else as failed with
 * `WorkerCrashed`, so that Temporal starts the next attempt at once instead of after the heartbeat timeout.
 *
 * Tries for as long as Temporal is away, so nothing need wait for it; meanwhile an attempt that asks the journal gets the
 * kept result. Never rejects.
 */
export async function recoverJournal(options: RecoverOptions): Promise<Recovery> {
  const semaphore = new Semaphore(AT_ONCE);
  const never = new AbortController().signal;
  const fates = await Promise.all(
    options.journal.leftovers.map(async (entry) => {
      const permit = await semaphore.acquire(never);
      try {
        return await recoverEntry(entry, options);
      } finally {
        permit.release();
      }
    }),
  );
  const count = (fate: Fate): number => fates.filter((each) => each === fate).length;
  const recovery: Recovery = {
    completed: count('completed'),
    handedBack: count('handedBack'),
    settled: count('settled'),
    left: count('left'),
  };
  if (fates.length > 0) options.logger.info(recovery, 'told Temporal what the worker before this one left');
  return recovery;
}

async function recoverEntry(
  entry: JournalEntry,
  { journal, completions, uncache, logger, signal }: RecoverOptions,
): Promise<Fate> {
  const { attempt } = entry;
  await uncacheRun(attempt, uncache);
  const kept = await entry.read();
  const report =
    kept === undefined
      ? () => reportFailure(completions, attempt, workerCrashed())
      : () => reportResult(completions, attempt, kept.result);
  const end = await reportUntilSettled(report, {
    // Its own, or the listeners of many entries would add up to a warning.
    signal: AbortSignal.any([signal]),
    onFirstFailure: () => logger.warn({ runId: attempt.workflowId }, 'Temporal does not take the journal yet'),
  });
  if (end === 'unsettled') return 'left';
  if (kept === undefined) await entry.forget();
  else await journal.forget(attempt);
  if (end === 'settled') return 'settled';
  return kept === undefined ? 'handedBack' : 'completed';
}

/** Never rejects: it saves time, and nothing else. */
export async function uncacheRun(
  { workflowId, runId }: Pick<ActivityIds, 'workflowId' | 'runId'>,
  uncache: RecoverOptions['uncache'],
): Promise<void> {
  if (workflowId === undefined) return;
  await uncache?.({ workflowId, runId }).catch(() => undefined);
}

/** What an attempt fails with whose worker died. */
export function workerCrashed(): ApplicationFailure {
  const failure = ApplicationFailure.create({
    type: 'WorkerCrashed' satisfies FailureType,
    message: 'The worker died in the midst of this attempt, and told so after its restart.',
    nextRetryDelay: RETRY_DELAY_MS,
  });
  failure.stack = '';
  return failure;
}
