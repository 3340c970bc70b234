import type { temporal } from '@temporalio/proto';
import { ACTIVITY_ID } from '../contract/activities.ts';
import { type PollOptions, pollHistory } from './poll-history.ts';

type Event = temporal.api.history.v1.IHistoryEvent;

/**
 * Tells when a run is terminal. However many wait for one run, Temporal sees one long poll for it at a time; it is
 * given up with its last waiter.
 */
export class RunWatcher {
  readonly #options: PollOptions;
  readonly #watches = new Map<string, Watch>();

  constructor(options: PollOptions) {
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
    const agentEvents = new Set<string>();
    for await (const events of pollHistory(this.#options, runId, signal)) {
      if (events.some((event) => isAgentEnd(event, agentEvents))) return;
    }
  }
}

interface Watch {
  readonly stop: AbortController;
  readonly terminal: Promise<void>;
  waiters: number;
}

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
