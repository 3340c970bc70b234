import type { Context } from '@temporalio/activity';
import { isWorkerShutdown } from '../activity.ts';

/**
 * What interrupts an attempt: the cancel of its activity, an operator's pause or reset, the shutdown of its worker, or the end
 * of its activity (the run was terminated, or another attempt completed it).
 */
export type InterruptedBy = 'cancel' | 'pause' | 'reset' | 'shutdown' | 'end';

/** The reason with which an agent's call is aborted before its time is up. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly by: InterruptedBy;

  constructor(by: InterruptedBy) {
    super(`interrupted by ${by}`);
    this.by = by;
  }

  /** Whether a later attempt goes on with the call: `isHandOver` of the agents reads it. */
  get isHandOver(): boolean {
    return this.by === 'shutdown' || this.by === 'pause' || this.by === 'reset';
  }
}

/**
 * What an aborted `cancellationSignal` means. `lost`: the attempt is over for Temporal, which may have missed its heartbeats; that
 * alone says nothing about the activity.
 */
export function readInterruption(
  context: Pick<Context, 'cancellationSignal' | 'cancellationDetails'>,
): InterruptedBy | 'lost' {
  if (isWorkerShutdown(context)) return 'shutdown';
  const { cancellationDetails: details } = context;
  if (details?.cancelRequested === true) return 'cancel';
  if (details?.reset === true) return 'reset';
  if (details?.paused === true) return 'pause';
  return details?.notFound === true || details?.timedOut === true ? 'lost' : 'cancel';
}
