import * as z from 'zod/mini';
import type { DeliverCallbackInput } from './activities.ts';
import { type CallbackReceipt, DELIVERY_ERROR_CLASSES, type RunOutcome } from './run.ts';
import { record, type Stored } from './stored.ts';

/**
 * Begins the build ID of a worker that tries a callback within the workflow task of the agent's answer. Temporal keeps the build ID of
 * each workflow task, so a replay knows what its worker could do, and no event is spent on it.
 */
const BUILD = 'garudust-temporal/first-try';

/** The build ID of a worker that has the activity `tryCallback`. */
export function firstTryBuild(version: string): string {
  return `${BUILD}@${version}`;
}

export function isFirstTryBuild(buildId: string): boolean {
  return buildId.startsWith(`${BUILD}@`);
}

/** A request that the receiver did not accept, as the activity takes it over from the first try. */
export const FAILED_TRY = record({
  type: z.enum(['CallbackFailed', 'CallbackRefused', 'CallbackStopped']),
  final: z.boolean(),
  errorClass: z.enum(DELIVERY_ERROR_CLASSES),
  message: z.string(),
  durationMs: z.number(),
  statusCode: z.exactOptional(z.number()),
  retryAfter: z.exactOptional(z.string()),
  address: z.exactOptional(z.string()),
  /** When it ended, in milliseconds since the epoch. */
  at: z.number(),
});
export type FailedTry = Stored<typeof FAILED_TRY>;

/** A delivery as the history keeps it: an answer stands beside it, as the result of the run. */
export type ToldDelivery = Omit<DeliverCallbackInput, 'outcome'> & { readonly outcome: RunOutcome };

/**
 * What became of the first try of a callback. Where a body was sent, `finishedAt` is the time in it: a workflow task that was lost comes
 * again at another time, and what follows must send the same body.
 */
export type FirstTry =
  | { readonly is: 'delivered'; readonly receipt: CallbackReceipt; readonly delivery: ToldDelivery }
  | { readonly is: 'failed'; readonly tried: FailedTry; readonly finishedAt?: string }
  /** Nothing was sent, or the request is still under way: the activity `deliverCallback` goes on. */
  | { readonly is: 'deferred'; readonly finishedAt?: string };

export const DEFERRED: FirstTry = { is: 'deferred' };

/** The local activity. */
export interface FirstTryActivities {
  /** Posts the outcome once where that is quick. Never fails. */
  readonly tryCallback: (input: DeliverCallbackInput) => Promise<FirstTry>;
}

/** Its type. */
export const FIRST_TRY_TYPE = 'tryCallback' satisfies keyof FirstTryActivities;
