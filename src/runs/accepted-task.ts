import type { RunInput, RunMemo } from '../contract/run.ts';
import type { SessionPolicy } from '../contract/session.ts';

declare const brand: unique symbol;

/** All that a run is started with. */
export interface TaskPlan {
  /** The run id, which is the workflow ID. */
  readonly runId: string;
  /** Whether the run id was derived from a delivery id, so that a repeat meets the same run. */
  readonly idempotent: boolean;
  /** Whether a repeat of the id is the same run although its body differs. Absent: it is refused. */
  readonly anyBody?: boolean;
  /** Milliseconds until it starts. Absent: at once. */
  readonly startDelayMs?: number;
  readonly input: RunInput;
  /** What happens where its session has a run already. Absent: it waits for no other run. */
  readonly sessionPolicy?: SessionPolicy;
  readonly memo: RunMemo;
}

/** A task that may become a run. Only `acceptTask` makes one, of a verified delivery, and it is all that `startRun` takes. */
export interface AcceptedTask extends TaskPlan {
  readonly [brand]: 'AcceptedTask';
}
