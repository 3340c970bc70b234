/** All that is known of one run from outside. Times are milliseconds since the epoch. */
export interface RunEvidence {
  /** When the agent had written an answer to the socket. */
  readonly answeredAt: readonly number[];
  /** When the receiver had answered 2xx. */
  readonly takenAt: readonly number[];
  /** What the last callback that was taken said. */
  readonly text: string | undefined;
  readonly expectedText: string;
  /** The status of each execution with this workflow ID. */
  readonly executions: readonly string[];
}

/** What was answered twice. */
export interface Repeats {
  /**
   * Answers that died with the worker on their way to its disk: how long they had been under way, in milliseconds. A worker
   * that lives never asks again.
   */
  readonly lost: readonly number[];
  /** Answers to a worker that was dead already, whose request was cut off: nothing on our side can know of them. */
  readonly cutOff: number;
}

/** What became of one run. */
export interface RunVerdict {
  /** What must never be. */
  readonly faults: readonly string[];
  /** Of the agent. */
  readonly answers: Repeats;
  /** Of the receiver. */
  readonly receipts: Repeats;
}

/**
 * How long before its death a worker may have been sent something that it had not on its disk yet, in milliseconds: with
 * two busy cores most of that is waiting for the processor.
 */
const ON_THE_WAY_MS = 250;
/** How late one may notice that the worker is gone, and answer it still. */
const UNNOTICED_MS = 1000;

/**
 * Judges one run: one execution, completed; its callback taken, with the agent's answer in it; neither the agent nor the
 * receiver asked again after they had answered, but for what died with the worker before it reached the journal.
 *
 * @param workerKills when the worker was killed
 */
export function judgeRun(run: RunEvidence, workerKills: readonly number[]): RunVerdict {
  const faults: string[] = [];
  if (run.executions.join() !== 'COMPLETED') faults.push(`its executions: ${run.executions.join(', ') || 'none'}`);
  if (run.takenAt.length === 0) faults.push('no callback was taken');
  else if (run.text !== run.expectedText) faults.push(`the callback says "${run.text}"`);
  if (run.answeredAt.length === 0) faults.push('the agent never answered');
  const answers = sortRepeats(run.answeredAt, workerKills);
  const receipts = sortRepeats(run.takenAt, workerKills);
  if (answers.unexplained > 0) faults.push(`the agent answered it ${run.answeredAt.length} times`);
  if (receipts.unexplained > 0) faults.push(`its callback was taken ${run.takenAt.length} times`);
  return { faults, answers, receipts };
}

/** Sorts what was answered again into what went down with a worker, and the rest. */
function sortRepeats(times: readonly number[], kills: readonly number[]): Repeats & { readonly unexplained: number } {
  const repeated = times.toSorted((a, b) => a - b).slice(0, -1);
  const ages = repeated.flatMap((at) => {
    const kill = kills.find((time) => at > time - ON_THE_WAY_MS && at < time + UNNOTICED_MS);
    return kill === undefined ? [] : [kill - at];
  });
  const lost = ages.filter((age) => age > 0);
  return { lost, cutOff: ages.length - lost.length, unexplained: repeated.length - ages.length };
}
