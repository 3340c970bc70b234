import type { Connection } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { ACTIVITY_ID } from '../../contract/activities.ts';

type Event = temporal.api.history.v1.IHistoryEvent;

const RETRY_MS = 1000;

export interface RunWatcherOptions {
  /** A grpc-js connection: the native one can't abort a call. */
  readonly connection: Connection;
  readonly namespace: string;
}

/**
 * Tells when a run is terminal. However many wait for one run, Temporal sees one long poll for it at a time; it is
 * given up with its last waiter.
 */
export class RunWatcher {
  readonly #options: RunWatcherOptions;
  readonly #watches = new Map<string, Watch>();

  constructor(options: RunWatcherOptions) {
    this.#options = options;
  }

  /** Resolves when the run is terminal, or when `signal` is aborted; never rejects. */
  async untilTerminal(runId: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const watch = this.#watches.get(runId) ?? this.#begin(runId);
    watch.waiters += 1;
    let onAbort = (): void => undefined;
    const aborted = new Promise<void>((resolve) => {
      onAbort = resolve;
      signal.addEventListener('abort', onAbort, { once: true });
    });
    await Promise.race([watch.terminal, aborted]);
    signal.removeEventListener('abort', onAbort);
    watch.waiters -= 1;
    if (watch.waiters === 0) watch.stop.abort();
  }

  /** How many runs are polled for at the moment. */
  get polls(): number {
    return this.#watches.size;
  }

  /** Ends every poll, and with it every wait. */
  close(): void {
    for (const watch of this.#watches.values()) watch.stop.abort();
  }

  #begin(runId: string): Watch {
    const stop = new AbortController();
    const watch: Watch = { stop, waiters: 0, terminal: this.#poll(runId, stop.signal) };
    this.#watches.set(runId, watch);
    const forget = (): void => {
      if (this.#watches.get(runId) === watch) this.#watches.delete(runId);
    };
    stop.signal.addEventListener('abort', forget, { once: true });
    void watch.terminal.then(forget);
    return watch;
  }

  async #poll(runId: string, signal: AbortSignal): Promise<void> {
    const { connection, namespace } = this.#options;
    const agentEvents = new Set<string>();
    let nextPageToken: Uint8Array | undefined;
    while (!signal.aborted) {
      try {
        const page = await connection.withAbortSignal(signal, () =>
          connection.workflowService.getWorkflowExecutionHistory({
            namespace,
            execution: { workflowId: runId },
            waitNewEvent: true,
            ...(nextPageToken && { nextPageToken }),
          }),
        );
        if ((page.history?.events ?? []).some((event) => isAgentEnd(event, agentEvents))) return;
        if (!page.nextPageToken?.length) return; // closed
        nextPageToken = page.nextPageToken;
      } catch (error) {
        // An unknown or expired run will not become terminal any more: whoever waits asks again and is told.
        if (signal.aborted || (error as { code?: unknown }).code === NOT_FOUND) return;
        await pause(RETRY_MS, signal);
      }
    }
  }
}

interface Watch {
  readonly stop: AbortController;
  readonly terminal: Promise<void>;
  waiters: number;
}

const NOT_FOUND = 5; // grpc status

/** Whether an event ends the agent; remembers which events belong to it. */
function isAgentEnd(event: Event, scheduled: Set<string>): boolean {
  if (event.activityTaskScheduledEventAttributes?.activityId === ACTIVITY_ID.agent)
    scheduled.add(String(event.eventId));
  const end =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  return end !== undefined && end !== null && scheduled.has(String(end.scheduledEventId));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
