import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../../contract/failures.ts';
import type { ActivityLogger } from '../activity.ts';
import { AT_ONCE_MS } from '../agent/retry-plan.ts';
import { Semaphore } from '../semaphore.ts';
import type { Journal, JournalEntry } from './journal.ts';
import {
  type ActivityIds,
  type CompletionClient,
  reportFailure,
  reportResult,
  reportUntilSettled,
  takeTurn,
} from './report-until-settled.ts';

export interface RecoverOptions {
  readonly journal: Journal;
  readonly completions: CompletionClient;
  /**
   * Tells Temporal that no worker caches the run any more. Otherwise Temporal offers the run's next step to the dead worker
   * first. Default: it does.
   */
  readonly uncache?: (run: RunIds) => Promise<void>;
  readonly logger: ActivityLogger;
  /** Ends the wait for an unavailable Temporal; what is left stays for the next start. */
  readonly signal: AbortSignal;
  /** How long a report that does not end keeps others waiting, in milliseconds. Default: 5 s. */
  readonly turnMs?: number;
}

/** What the previous worker left, counted. */
export interface Recovery {
  /** Results reported to Temporal. */
  readonly completed: number;
  /** Attempts that Temporal retries. */
  readonly handedBack: number;
  /** Attempts that Temporal had already ended. */
  readonly settled: number;
  /** Attempts that could not be reported and stay in the journal. */
  readonly left: number;
}

/** One workflow execution. */
export interface RunIds {
  readonly workflowId: string;
  readonly runId: string;
}

type Fate = keyof Recovery;

const AT_ONCE = 16;

/**
 * Reports to Temporal what a crashed worker left in its journal: kept results as completed, the rest as failed with
 * `WorkerCrashed`, so that Temporal starts the next attempt at once instead of after the heartbeat timeout.
 *
 * Retries while Temporal is unavailable, so do not wait for it; meanwhile an attempt gets the kept result from the journal.
 * Never rejects.
 */
export async function recoverJournal(options: RecoverOptions): Promise<Recovery> {
  const semaphore = new Semaphore(AT_ONCE);
  let failures = 0;
  const onFirstFailure = (runId: string | undefined): void => {
    // One line for all, and none for those that wait when the worker stops.
    if (options.signal.aborted || (failures += 1) > 1) return;
    options.logger.warn({ run_id: runId }, 'could not report a journal entry to Temporal; retrying it and any others');
  };
  const fates = await Promise.all(
    options.journal.leftovers.map((entry) => recoverEntry(entry, semaphore, onFirstFailure, options)),
  );
  const count = (fate: Fate): number => fates.filter((each) => each === fate).length;
  const recovery: Recovery = {
    completed: count('completed'),
    handedBack: count('handedBack'),
    settled: count('settled'),
    left: count('left'),
  };
  const { handedBack: handed_back, ...others } = recovery;
  if (fates.length > 0) options.logger.info({ ...others, handed_back }, "recovered the previous worker's journal");
  return recovery;
}

async function recoverEntry(
  entry: JournalEntry,
  semaphore: Semaphore,
  onFirstFailure: (runId: string | undefined) => void,
  { journal, completions, uncache, signal, turnMs }: RecoverOptions,
): Promise<Fate> {
  const { attempt, isKept } = entry;
  let uncached = false;
  let handsBack = !isKept;
  // Reads the result only when it is its turn: together, results may not fit into the memory.
  const report = async (): Promise<'reported' | 'settled'> => {
    if (!uncached) await uncacheRun(attempt, uncache);
    uncached = true;
    const kept = isKept ? await entry.read() : undefined;
    handsBack = kept === undefined;
    return kept === undefined
      ? reportFailure(completions, attempt, workerCrashed())
      : reportResult(completions, attempt, kept.result);
  };
  // One signal per entry: many listeners on one signal cause a warning.
  const own = AbortSignal.any([signal]);
  const end = await reportUntilSettled(() => takeTurn(semaphore, own, report, turnMs), {
    signal: own,
    onFirstFailure: () => onFirstFailure(attempt.workflowId),
  });
  if (end === 'unsettled') return 'left';
  if (handsBack) await entry.forget();
  else await journal.forget(attempt);
  if (end === 'settled') return 'settled';
  return handsBack ? 'handedBack' : 'completed';
}

/** Never rejects: it only saves time. */
export async function uncacheRun(
  { workflowId, runId }: Pick<ActivityIds, 'workflowId' | 'runId'>,
  uncache: RecoverOptions['uncache'],
): Promise<void> {
  if (workflowId === undefined) return;
  await uncache?.({ workflowId, runId }).catch(() => undefined);
}

/**
 * The failure of an attempt whose worker crashed. A task that crashes its worker does not loop tightly: a worker takes a second
 * to start, and paid calls count.
 */
export function workerCrashed(): ApplicationFailure {
  return lost('The worker crashed during this attempt. It reported this after its restart.');
}

/** The failure of an attempt that never came to the worker that Temporal gave it to. */
export function startLost(): ApplicationFailure {
  return lost('Contact with Temporal was lost before this attempt reached its worker. Nothing was done.');
}

function lost(message: string): ApplicationFailure {
  const failure = ApplicationFailure.create({
    type: 'WorkerCrashed' satisfies FailureType,
    message,
    nextRetryDelay: AT_ONCE_MS,
  });
  failure.stack = '';
  return failure;
}
