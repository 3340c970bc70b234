import { setMaxListeners } from 'node:events';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import type { HistoryEvent } from './read-history.ts';
import { onAbort, pause } from '../timing/until.ts';

const FIRST_RETRY_MS = 500;
const LATER_RETRY_MS = 5000;
const NOT_FOUND = 5; // grpc status

/**
 * A connection for long polls: a grpc-js one, whose calls can be aborted, and without the SDK's retries. `pollHistory`
 * retries by itself; a retry of the SDK goes on after an abort, and one that comes after the connection was closed throws
 * where nobody can catch it.
 */
export function connectForPolls(options: ConnectionOptions): Connection {
  return Connection.lazy({ ...options, interceptors: [] });
}

export interface PollOptions {
  /** As `connectForPolls` makes it. */
  readonly connection: Connection;
  readonly namespace: string;
}

/**
 * The events of a run as they happen, by one long poll at a time; the first page holds those that are there already.
 *
 * Ends when the run is closed or unknown, or when `signal` is aborted; never throws. It retries while Temporal is away.
 */
export async function* pollHistory(
  { connection, namespace }: PollOptions,
  runId: string,
  signal: AbortSignal,
): AsyncGenerator<readonly HistoryEvent[], void, undefined> {
  let nextPageToken: Uint8Array | undefined;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      const page = await abortable(signal, (own) =>
        connection.withAbortSignal(own, () =>
          connection.workflowService.getWorkflowExecutionHistory({
            namespace,
            execution: { workflowId: runId },
            waitNewEvent: true,
            ...(nextPageToken && { nextPageToken }),
          }),
        ),
      );
      retryMs = FIRST_RETRY_MS;
      yield page.history?.events ?? [];
      if (!page.nextPageToken?.length) return;
      nextPageToken = page.nextPageToken;
    } catch (error) {
      // An unknown or expired run will not change any more: whoever waits asks again and is told.
      if (signal.aborted || (error as { code?: unknown }).code === NOT_FOUND) return;
      await pause(retryMs, signal);
      retryMs = Math.min(retryMs * 2, LATER_RETRY_MS);
    }
  }
}

/** The SDK leaves a listener on the signal of each call and of each of its retries: a signal of its own goes with it. */
async function abortable<T>(signal: AbortSignal, call: (own: AbortSignal) => Promise<T>): Promise<T> {
  const own = new AbortController();
  setMaxListeners(0, own.signal);
  const stopListening = onAbort(signal, () => own.abort());
  try {
    return await call(own.signal);
  } finally {
    stopListening();
  }
}
