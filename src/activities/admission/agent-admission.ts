import { AgentPace, type Refusal, type RunningCall } from './agent-pace.ts';
import { ClientTurns, inFairOrder } from './fair-order.ts';
import { forecastPermits } from './forecast-permits.ts';
import { type Ticket, WaitingLine } from './waiting-line.ts';

/** A permit for one call of an agent. */
export interface CallPermit {
  /** Returns the permit; a second call does nothing. */
  release(): void;
  /** The agent took the task. */
  accepted(): void;
  /**
   * The agent took no task, or asked for a pause: all runs leave it alone for a while.
   *
   * @param firstPauseMs the pause after the first refusal; it doubles with each further one
   */
  refused(refusal: Refusal, firstPauseMs: number, retryAfterMs: number | undefined): void;
}

/** Hand the task back to Temporal for this many milliseconds. */
export interface SentAway {
  readonly granted: false;
  readonly waitMs: number;
  /** Why, where the agent is left alone for a while. */
  readonly refusal?: Refusal | undefined;
}

export type Admission =
  | { readonly granted: true; readonly permit: CallPermit }
  | SentAway
  /** The worker is shutting down. */
  | 'draining';

export interface AgentAdmissionOptions {
  /** Most concurrent calls. */
  readonly concurrency: number;
  /** Whether the worker is shutting down. Default: never. */
  readonly isDraining?: () => boolean;
  /** The number of taken permits or of waiting tasks changed. */
  readonly onChange?: (permits: { readonly taken: number; readonly waiting: number }) => void;
  /** Milliseconds of a monotonic clock. Default: `performance.now`. */
  readonly now?: () => number;
}

interface EnterOptions {
  readonly signal: AbortSignal;
  readonly mostMs: number;
  readonly mayLeave: boolean;
  readonly ignorePause: boolean;
  readonly onWait: () => void;
}

interface Waiter extends Ticket {
  /** When it is to leave. */
  readonly until: number;
  readonly mayLeave: boolean;
  readonly settle: (admission: Admission) => void;
}

/** Tasks that wait in the worker, in an activity slot each, so that a free permit is used at once. */
const MOST_WAITERS = 8;
const WAIT_IN_SLOT_MS = 5000;
const TICK_MS = 250;
/** A call may be longer; the estimate is corrected as soon as permits do not become free. */
const FIRST_CALL_MS = 1000;

/**
 * Who may call one agent: clients take turns, and the tasks of each go in the order in which Temporal scheduled them.
 *
 * A task without a permit must not hold an activity slot that other agents need: a few wait here for a few seconds, the rest are
 * handed back to Temporal until their turn, as estimated from their place and from how long the calls under way have taken.
 */
export class AgentAdmission {
  readonly concurrency: number;
  readonly #isDraining: () => boolean;
  readonly #onChange: NonNullable<AgentAdmissionOptions['onChange']>;
  readonly #now: () => number;
  readonly #pace: AgentPace;
  readonly #line = new WaitingLine();
  readonly #running = new Set<RunningCall>();
  /** The same calls, by client. */
  readonly #turns = new ClientTurns();
  #waiters: readonly Waiter[] = [];
  #callMs = FIRST_CALL_MS;
  #ticks: NodeJS.Timeout | undefined;

  /** @throws RangeError when the concurrency is not a positive whole number. */
  constructor({ concurrency, isDraining = never, onChange = nothing, now = defaultNow }: AgentAdmissionOptions) {
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new RangeError(`An agent's concurrency must be a positive whole number: ${concurrency} is not.`);
    }
    this.concurrency = concurrency;
    this.#isDraining = isDraining;
    this.#onChange = onChange;
    this.#now = now;
    this.#pace = new AgentPace(concurrency);
  }

  get taken(): number {
    return this.#running.size;
  }

  /** Tasks without a permit: those in the worker, and those handed back to Temporal. */
  get waiting(): number {
    return this.#waiters.length + this.#line.size;
  }

  /** How long the agent is left alone, in milliseconds. */
  get pauseMs(): number {
    return this.#pace.pauseMs(this.#now());
  }

  /**
   * Asks for a permit. An idle agent grants it at once.
   *
   * @param mostMs how long the task may wait here, if at all
   * @param mayLeave false: the task waits here until it has a permit, because it cannot be handed back
   * @param ignorePause true: the task has no time left to respect a pause
   * @param onWait called when the task waits here
   * @throws `signal.reason` when the signal aborts first
   */
  async enter(ticket: Ticket, options: EnterOptions): Promise<Admission> {
    options.signal.throwIfAborted();
    this.#line.remove(ticket.key);
    try {
      if (this.#isDraining()) return 'draining';
      if (this.#waiters.length === 0 && this.#isOpen(options.ignorePause)) return this.#grant(ticket);
      return await this.#wait(ticket, options);
    } finally {
      this.#changed();
    }
  }

  /** Sends a task to the end of those that wait as long. @returns milliseconds until its turn */
  queue(ticket: Ticket): number {
    const { waitMs } = this.#sendAway(ticket);
    this.#changed();
    return waitMs;
  }

  /** The task gives up. */
  leave({ key }: Pick<Ticket, 'key'>): void {
    this.#line.remove(key);
    this.#changed();
  }

  #isOpen(ignorePause = false): boolean {
    const now = this.#now();
    const isPaused = !ignorePause && this.pauseMs > 0;
    return !isPaused && this.#running.size < this.#pace.limit(this.#running, now);
  }

  #wait(ticket: Ticket, { signal, mostMs, mayLeave, onWait }: EnterOptions): Promise<Admission> | Admission {
    const now = this.#now();
    const until = now + (mayLeave ? Math.min(WAIT_IN_SLOT_MS, mostMs) : mostMs);
    if (mayLeave && (until <= now || this.pauseMs > 0 || !this.#makeRoom(ticket))) return this.#sendAway(ticket);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        ...ticket,
        until,
        mayLeave,
        settle: (admission) => this.#leave(waiter, onAbort, signal, () => resolve(admission)),
      };
      const onAbort = (): void => this.#leave(waiter, onAbort, signal, () => reject(signal.reason as Error));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters = [...this.#waiters, waiter];
      onWait();
      this.#changed();
    });
  }

  #leave(waiter: Waiter, onAbort: () => void, signal: AbortSignal, then: () => void): void {
    signal.removeEventListener('abort', onAbort);
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    then();
  }

  /** Whether there is room, or the last in line leaves. */
  #makeRoom(ticket: Ticket): boolean {
    const leaving = this.#waiters.filter(({ mayLeave }) => mayLeave);
    if (leaving.length < Math.min(this.concurrency, MOST_WAITERS)) return true;
    const last = inFairOrder<Ticket>([...leaving, ticket], this.#turns).at(-1);
    const leaver = leaving.find((waiter) => waiter === last);
    leaver?.settle(this.#sendAway(leaver));
    return leaver !== undefined;
  }

  #sendAway(ticket: Ticket): SentAway {
    const now = this.#now();
    const pauseMs = this.pauseMs;
    const others = this.#waiters.filter(({ key }) => key !== ticket.key);
    const [running, callMs] = [this.#running, this.#callMs];
    // After a pause nobody runs: the first is asked at once, and the others follow.
    const turnMs =
      pauseMs > 0
        ? (place: number): number => (place - 1) * (callMs / this.concurrency)
        : forecastPermits({ now, running, limit: this.#pace.limit(running, now), callMs });
    const waitMs = this.#line.send(ticket, { now, pauseMs, turnMs, others, running: this.#turns.running });
    return { granted: false, waitMs, ...(pauseMs > 0 && { refusal: this.#pace.refusal }) };
  }

  #grant({ client }: Ticket): Admission {
    const call = { startedAt: this.#now() };
    this.#running.add(call);
    this.#turns.begin(client);
    const permit: CallPermit = {
      release: () => {
        if (!this.#running.delete(call)) return;
        this.#turns.end(client);
        this.#admit();
        this.#changed();
      },
      accepted: () => {
        this.#callMs = (this.#callMs + (this.#now() - call.startedAt)) / 2;
        this.#pace.accept(call);
      },
      refused: (refusal, firstPauseMs, retryAfterMs) => {
        this.#pace.refuse(call, refusal, { now: this.#now(), firstPauseMs, retryAfterMs });
      },
    };
    return { granted: true, permit };
  }

  /** Settles every waiter whose time has come. */
  #admit(): void {
    const isDraining = this.#isDraining();
    const now = this.#now();
    for (const waiter of inFairOrder(this.#waiters, this.#turns)) {
      if (isDraining) waiter.settle('draining');
      else if (this.#isOpen()) waiter.settle(this.#grant(waiter));
      else if (waiter.until <= now || (waiter.mayLeave && this.pauseMs > 0)) waiter.settle(this.#sendAway(waiter));
    }
  }

  #changed(): void {
    this.#onChange({ taken: this.taken, waiting: this.waiting });
    if (this.waiting > 0) {
      this.#ticks ??= setInterval(() => this.#tick(), TICK_MS).unref();
    } else {
      clearInterval(this.#ticks);
      this.#ticks = undefined;
    }
  }

  #tick(): void {
    const before = this.waiting;
    this.#line.prune(this.#now());
    this.#admit();
    if (this.waiting !== before) this.#changed();
  }
}

function defaultNow(): number {
  return performance.now();
}

function never(): boolean {
  return false;
}

function nothing(): void {}
