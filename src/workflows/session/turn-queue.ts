import {
  type Leave,
  MAX_COLLECTED,
  MAX_COLLECTED_BYTES,
  MAX_QUEUED,
  MAX_TURNS,
  type SessionState,
  type SessionView,
  type Ticket,
  type TurnGiven,
} from '../../contract/session.ts';

/** Runs that are remembered after their turn. An ingress announces a run within seconds. */
const REMEMBERED = 200;

/** What a ticket that joined asks of others. */
export interface Joined {
  /** Runs to cancel. */
  readonly cancel: readonly string[];
  /** The current run has not heard of its turn: tell it again. */
  readonly tellAgain: boolean;
}

const NOTHING: Joined = { cancel: [], tellAgain: false };

/** The runs of one session in the order of their turns. It changes at once, and tells what others have to be told. */
export class TurnQueue {
  #queue: Ticket[];
  #current: string | undefined;
  #collected: readonly Ticket[];
  readonly #seen: string[];
  #turns: string[];
  #rememberedMs: number;
  #recalls: number;
  #mostQueued: number | undefined;

  constructor({ queue, current, collected = [], seen, turns = [], rememberedMs = 0, ...state }: SessionState) {
    this.#queue = [...queue];
    this.#current = current;
    this.#collected = collected;
    this.#seen = [...seen];
    this.#turns = [...turns];
    this.#rememberedMs = rememberedMs;
    this.#recalls = state.recalls ?? 0;
    this.#mostQueued = state.mostQueued ?? queue.at(-1)?.mostQueued;
  }

  /** The run whose turn it is. */
  get current(): string | undefined {
    return this.#current;
  }

  /** How many wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** Whether no more should join. */
  get isFull(): boolean {
    return this.#queue.length >= (this.#mostQueued ?? MAX_QUEUED);
  }

  /** How long the turns are remembered while nobody waits, in milliseconds; 0: there is nothing to remember. */
  get remembersMs(): number {
    return this.#turns.length === 0 ? 0 : this.#rememberedMs;
  }

  /** Whether nobody is at work or waits. */
  get isIdle(): boolean {
    return this.#current === undefined && this.#queue.length === 0;
  }

  /** Whether somebody waits for the current run to end. */
  get isAwaited(): boolean {
    return this.#queue.length + this.#collected.length > 0;
  }

  /** What the next execution begins with. */
  get state(): SessionState {
    return {
      queue: this.#queue,
      seen: this.#seen,
      ...(this.#current !== undefined && { current: this.#current }),
      ...(this.#collected.length > 0 && { collected: this.#collected }),
      ...(this.#mostQueued !== undefined && { mostQueued: this.#mostQueued }),
      // Only a session that an agent without a memory has part in carries them on.
      ...(this.#rememberedMs > 0 && {
        turns: this.#turns,
        rememberedMs: this.#rememberedMs,
        recalls: this.#recalls,
      }),
    };
  }

  get view(): SessionView {
    return {
      ...(this.#current !== undefined && { current: this.#current }),
      ...(this.#collected.length > 0 && { collected: this.#collected.map(({ runId }) => runId) }),
      queue: this.#queue.map(({ runId }) => runId),
    };
  }

  /** What the current run is told with its turn. */
  get given(): TurnGiven {
    const earlier = this.#recalls === 0 ? [] : this.#turns.slice(-this.#recalls);
    return {
      ...(this.#collected.length > 0 && { collected: this.#collected.map(({ runId }) => runId) }),
      ...(earlier.length > 0 && { earlier }),
    };
  }

  join({ asks = false, ...ticket }: Ticket): Joined {
    const { runId } = ticket;
    if (runId === this.#current) return { cancel: [], tellAgain: asks };
    const isKnown = [...this.#queue, ...this.#collected].some((waiting) => waiting.runId === runId);
    if (isKnown || (!asks && this.#seen.includes(runId))) return NOTHING;
    this.#mostQueued = ticket.mostQueued;
    if (ticket.interrupts !== true) {
      this.#queue.push(ticket);
      return NOTHING;
    }
    const current = this.#current === undefined ? [] : [this.#current];
    const cancel = [...current, ...this.dismiss((waiting) => waiting.interrupts === true)];
    this.#queue.unshift(ticket);
    return { cancel, tellAgain: false };
  }

  /** The run needs its turn no longer. */
  leave({ runId, isCanceled = false }: Leave): void {
    if (runId !== this.#current) {
      this.#queue = this.#queue.filter((ticket) => ticket.runId !== runId);
      this.#collected = this.#collected.filter((ticket) => ticket.runId !== runId);
    } else if (isCanceled) this.lose(runId);
    else {
      this.#turns = [...this.#turns, runId].slice(-MAX_TURNS);
      this.#current = undefined;
      this.#collected = [];
    }
    this.#remember(runId);
  }

  /** Forgets the turns: the conversation begins anew. */
  forget(): void {
    this.#turns = [];
  }

  /** Removes what waits and is to go. */
  dismiss(goes: (ticket: Ticket) => boolean): string[] {
    const gone = this.#queue.filter(goes).map(({ runId }) => runId);
    for (const runId of gone) this.#remember(runId);
    this.#queue = this.#queue.filter((ticket) => !goes(ticket));
    return gone;
  }

  /** Makes the next run the current one, with the runs that its call may answer too; undefined where nobody waits. */
  take(): string | undefined {
    const next = this.#queue.shift();
    if (next === undefined) return undefined;
    this.#current = next.runId;
    this.#recalls = next.recalls?.turns ?? 0;
    this.#rememberedMs = next.recalls?.forMs ?? this.#rememberedMs;
    this.#remember(next.runId);
    this.#collected = next.collects === undefined ? [] : this.#takeAlike(next.collects);
    return next.runId;
  }

  /** Takes what follows and may be answered by the same call. */
  #takeAlike({ as, bytes: first }: NonNullable<Ticket['collects']>): Ticket[] {
    const taken: Ticket[] = [];
    let bytes = first;
    while (taken.length + 1 < MAX_COLLECTED) {
      const [neighbour] = this.#queue;
      bytes += neighbour?.collects?.bytes ?? 0;
      if (neighbour?.collects?.as !== as || bytes > MAX_COLLECTED_BYTES) break;
      this.#queue.shift();
      this.#remember(neighbour.runId);
      taken.push(neighbour);
    }
    return taken;
  }

  /** The current run was canceled, or has ended without a word: what it collected waits again, before all that does not interrupt. */
  lose(runId: string): void {
    if (runId !== this.#current) return;
    const interrupting = this.#queue.filter(({ interrupts }) => interrupts === true);
    const others = this.#queue.filter(({ interrupts }) => interrupts !== true);
    this.#queue = [...interrupting, ...this.#collected, ...others];
    this.#current = undefined;
    this.#collected = [];
  }

  #remember(runId: string): void {
    this.#seen.push(runId);
    this.#seen.splice(0, this.#seen.length - REMEMBERED);
  }
}
