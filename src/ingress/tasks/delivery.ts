import type { AgentRunInput, RunMemo } from '../../contract/run.ts';

declare const brand: unique symbol;

/**
 * Raw bytes whose signature was checked. Only `verifyDelivery` makes one, and for a configured source
 * `verifySourceDelivery`; it is all that a parser takes.
 */
export interface VerifiedDelivery {
  readonly [brand]: 'VerifiedDelivery';
  /** Who signed it: the id of a configured client. */
  readonly client: string;
  readonly source: string;
  readonly body: Buffer;
  /** The sender's id for this delivery; undefined when it gave none, and every repeat is then a run of its own. */
  readonly deliveryId: string | undefined;
}

/** All that a run is started with. */
export interface TaskPlan {
  /** The run id, which is the workflow ID. */
  readonly runId: string;
  /** Whether the run id was derived from a delivery id, so that a repeat meets the same run. */
  readonly idempotent: boolean;
  readonly input: AgentRunInput;
  readonly memo: RunMemo;
}

/** A task that may become a run. Only `acceptTask` makes one, of a verified delivery, and it is all that `startRun` takes. */
export interface AcceptedTask extends TaskPlan {
  readonly [brand]: 'AcceptedTask';
}
