import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../protocol/problem-error.ts';
import { WaitingLine } from './waiting-line.ts';

/** What a process takes in at the same time, of all clients and routes together. */
export interface ServerAdmissionLimits {
  /** Deliveries. Default: no limit. */
  readonly maxInFlight?: number;
  /**
   * Bytes of their bodies, from the first byte until the delivery is answered and Temporal's call has ended. Default: no
   * limit.
   */
  readonly bodyBudget?: number;
}

/** Most webhooks are smaller. Bodies up to here find room where larger ones have used up the budget. */
const SMALL_BODY = 64 * 1024;
const SHARE_OF_SMALL_BODIES = 9 / 8;

/** What a delivery holds while it is handled. */
export interface Permit {
  /**
   * Takes bytes of the body out of the budget. They return to it when the delivery has been answered.
   *
   * @throws ProblemError `overloaded` when the budget is spent
   */
  readonly take: (bytes: number) => void;
  /** Keeps the bytes out of the budget until a call has ended: one that was given up still holds them in memory. */
  readonly holdUntil: (call: Promise<unknown>) => void;
  /** Gives the slot back while a delivery waits for one of its client. Its bytes stay taken. */
  readonly whileWaiting: <T>(wait: Promise<T>) => Promise<T>;
}

/**
 * Limits the deliveries that this process handles at the same time, and the bytes of their bodies, before anything is known
 * about the sender. When all permits are taken, the oldest stalled upload is dropped, or the delivery waits for two seconds before its
 * body is read; then, and when the budget of bytes is spent, it is refused with `overloaded` (503).
 */
export class ServerAdmission {
  readonly #max: number;
  readonly #budget: number;
  readonly #uploads = new PendingUploads();
  // Made once: under a flood they are thrown thousands of times a second, and each new error would capture its stack.
  readonly #full: ProblemError;
  readonly #spent = new ProblemError('overloaded', 'The server receives too much data at the same time: retry later.');
  readonly #line: WaitingLine<undefined>;
  #inFlight = 0;
  #bytes = 0;

  constructor({ maxInFlight: max = Infinity, bodyBudget = Infinity }: ServerAdmissionLimits) {
    this.#max = max;
    this.#budget = bodyBudget;
    this.#line = new WaitingLine(max);
    this.#full = new ProblemError('overloaded', `The server handles ${max} deliveries at the same time: retry later.`);
  }

  /** Bytes of bodies that are held at the moment. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Does the work of a request while it holds a permit.
   *
   * @throws ProblemError `overloaded`, and whatever `work` rejects with
   */
  async admit(req: IncomingMessage, work: (permit: Permit) => Promise<void>): Promise<void> {
    const isFull = this.#inFlight >= this.#max || !this.#line.isEmpty;
    if (isFull && !this.#uploads.dropStalled()) await this.#line.wait(this.#full);
    else this.#inFlight += 1;
    this.#uploads.add(req);
    let taken = 0;
    let held: Promise<unknown> | undefined;
    const take = (bytes: number): void => {
      const budget = taken + bytes <= SMALL_BODY ? this.#budget * SHARE_OF_SMALL_BODIES : this.#budget;
      if (this.#bytes + bytes > budget && !this.#uploads.dropStalled(req)) throw this.#spent;
      taken += bytes;
      this.#bytes += bytes;
    };
    const giveBack = (): void => {
      this.#bytes -= taken;
    };
    try {
      const holdUntil = (call: Promise<unknown>): void => {
        held = held === undefined ? call : Promise.allSettled([held, call]);
      };
      await work({ take, holdUntil, whileWaiting: (wait) => this.#whileWaiting(wait) });
      this.#line.ended();
    } catch (error) {
      this.#line.ended(error);
      throw error;
    } finally {
      this.#leave();
      this.#uploads.delete(req);
      if (held === undefined) giveBack();
      else held.then(giveBack, giveBack);
    }
  }

  #leave(): void {
    if (!this.#line.handOn(undefined)) this.#inFlight -= 1;
  }

  async #whileWaiting<T>(wait: Promise<T>): Promise<T> {
    this.#leave();
    try {
      return await wait;
    } finally {
      this.#inFlight += 1;
    }
  }
}

/** An honest sender's body has arrived by then, unless it is very large or comes from far away. */
const PATIENCE_MS = 500;

/** Requests whose body may still be arriving. Without it, a few senders of unfinished bodies could take every permit. */
export class PendingUploads {
  readonly #patienceMs: number;
  readonly #now: () => number;
  /** When each began, the oldest first. */
  readonly #since = new Map<IncomingMessage, number>();

  /** @param now monotonic milliseconds; default: `performance.now` */
  constructor(patienceMs: number = PATIENCE_MS, now: () => number = () => performance.now()) {
    this.#patienceMs = patienceMs;
    this.#now = now;
  }

  add(req: IncomingMessage): void {
    if (!req.complete) this.#since.set(req, this.#now());
  }

  delete(req: IncomingMessage): void {
    this.#since.delete(req);
  }

  /**
   * Drops the oldest upload that has run out of time. False when there is none.
   *
   * @param spared is not dropped
   */
  dropStalled(spared?: IncomingMessage): boolean {
    for (const [req, since] of this.#since) {
      if (req === spared) continue;
      if (!req.complete && this.#now() - since < this.#patienceMs) return false;
      this.#since.delete(req);
      if (req.complete) continue;
      req.destroy();
      return true;
    }
    return false;
  }
}
