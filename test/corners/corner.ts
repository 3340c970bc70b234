import type { FailureType } from '../../src/contract/failures.ts';
import type { ProblemCode } from '../../src/protocol/problems.ts';
import type { CallbackStatus, RunStatus } from '../../src/protocol/run-resource.ts';
import type { State } from './states.ts';

/** The status of the newest execution, as Temporal names it. */
export type TemporalStatus = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED';

/** A workflow of a team's own tells nobody but its receiver and Temporal. */
interface TeamEndRow {
  readonly temporal: TemporalStatus;
  readonly meaning: string;
}

interface EndRow {
  /** In a poll, the list, the event stream, and in every callback that says how the run ended. */
  readonly run: RunStatus;
  readonly error?: FailureType;
  readonly callback: CallbackStatus;
  readonly temporal: TemporalStatus;
  /** For the page. */
  readonly meaning: string;
}

/** How a run can end, or where it stays until somebody decides. */
export const ENDS = {
  delivered: {
    run: 'completed',
    callback: 'delivered',
    temporal: 'COMPLETED',
    meaning: 'The run is `completed`, with its answer, and the receiver has it.',
  },
  canceled: {
    run: 'canceled',
    error: 'Canceled',
    callback: 'delivered',
    temporal: 'CANCELLED',
    meaning: 'The run is `canceled`, and the callback tells the receiver.',
  },
  failed: {
    run: 'failed',
    error: 'WorkerCrashed',
    callback: 'delivered',
    temporal: 'FAILED',
    meaning: 'The run is `failed` with `WorkerCrashed`, and the callback tells the receiver.',
  },
  terminated: {
    run: 'canceled',
    error: 'Canceled',
    callback: 'dead',
    temporal: 'TERMINATED',
    meaning: 'The run is `canceled`. Terminated workflows send nothing: its callback is `dead`, for good.',
  },
  'answer-canceled': {
    run: 'completed',
    callback: 'dead',
    temporal: 'CANCELLED',
    meaning:
      'The run is `completed`, with its answer, for a poll. The delivery is over: its callback is `dead`, for good.',
  },
  'answer-terminated': {
    run: 'completed',
    callback: 'dead',
    temporal: 'TERMINATED',
    meaning: 'The same, and Temporal says Terminated.',
  },
  'dead-letter': {
    run: 'completed',
    callback: 'dead',
    temporal: 'RUNNING',
    meaning:
      'The run is `completed`, and its callback `dead`: it can be redelivered for `callback.dead_letter`, 14 days.',
  },
  paused: {
    run: 'paused',
    callback: 'pending',
    temporal: 'RUNNING',
    meaning: 'The run is `paused` until the activity is unpaused. No timeout ends a pause; a cancel does.',
  },
  'callback-paused': {
    run: 'completed',
    callback: 'retrying',
    temporal: 'RUNNING',
    meaning: 'The run is `completed`, with its answer; its callback waits until the activity is unpaused.',
  },
  'team-completed': { temporal: 'COMPLETED', meaning: 'Your workflow goes on with the answer, and completes.' },
  'team-canceled': {
    temporal: 'CANCELLED',
    meaning: 'The step throws a cancellation, and your workflow ends with it.',
  },
  'team-failed': { temporal: 'FAILED', meaning: 'The step throws an `ActivityFailure` caused by `WorkerCrashed`.' },
  'team-terminated': { temporal: 'TERMINATED', meaning: 'Your workflow runs no more code.' },
  'team-paused': { temporal: 'RUNNING', meaning: 'Your workflow waits until the activity is unpaused.' },
} as const satisfies Record<string, EndRow | TeamEndRow>;

export type EndName = keyof typeof ENDS;

/** What becomes of a run. */
export interface Happening {
  readonly end: EndName;
  /** How often the agent is asked, in all. */
  readonly paidCalls: 0 | 1 | 2;
  /** How often a receiver accepts a callback, in all. */
  readonly callbacks: 0 | 1 | 2;
}

/** How the API tells an end; undefined for a workflow of a team's own, which is no run. */
export function runOf(end: EndName): Pick<EndRow, 'run' | 'error' | 'callback'> | undefined {
  const row = ENDS[end];
  return 'run' in row ? row : undefined;
}

/** An answer that says that nothing is done. The run goes on as if nobody had asked. */
export type Refusal =
  | { readonly by: 'api'; readonly status: 200 }
  | { readonly by: 'api'; readonly status: 404; readonly code: ProblemCode }
  | { readonly by: 'temporal'; readonly code: 'NOT_FOUND' | 'INVALID_ARGUMENT' | 'FAILED_PRECONDITION' };

/** What is promised for one event in one state. */
export type Corner = (Happening & { readonly why: string }) | { readonly refusal: Refusal; readonly why: string };

/** One event in every state. */
export type CornersOfEvent = Readonly<Record<State, Corner>>;

/** The API has nothing to do, and answers 200 with the run as it is. */
export const NOTHING_TO_DO: Refusal = { by: 'api', status: 200 };
/** A workflow that is no run is none for the API. */
export const NO_RUN: Refusal = { by: 'api', status: 404, code: 'not_found' };
/** Temporal knows no such activity, or the workflow is closed. */
export const NOT_THERE: Refusal = { by: 'temporal', code: 'NOT_FOUND' };
/** Temporal cannot do that to this workflow. */
export const NOT_POSSIBLE: Refusal = { by: 'temporal', code: 'INVALID_ARGUMENT' };
