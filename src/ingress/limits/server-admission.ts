import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../protocol/problems.ts';
import type { Backlog } from './backlog.ts';

/**
 * Limits the deliveries that this process handles at the same time, of all clients and routes together, before their body is
 * read. Refuses with `overloaded` (503) while the backlog is slow or all permits are taken. When all permits are taken, the
 * oldest stalled upload is dropped.
 */
export class ServerAdmission {
  readonly #max: number;
  readonly #backlog: Pick<Backlog, 'isSlow'>;
  readonly #uploads = new PendingUploads();
  // Made once: under a flood they are thrown thousands of times a second, and each new error would capture its stack.
  readonly #full: ProblemError;
  readonly #slow = new ProblemError('overloaded', 'Temporal is recording runs too slowly: retry later.');
  #inFlight = 0;

  /** @param max Infinity: no limit */
  constructor(max: number, backlog: Pick<Backlog, 'isSlow'>) {
    this.#max = max;
    this.#backlog = backlog;
    this.#full = new ProblemError('overloaded', `The server handles ${max} deliveries at the same time: retry later.`);
  }

  /**
   * Does the work of a request while it holds a permit.
   *
   * @throws ProblemError `overloaded`, and whatever `work` rejects with
   */
  async admit(req: IncomingMessage, work: () => Promise<void>): Promise<void> {
    if (this.#backlog.isSlow) throw this.#slow;
    if (this.#inFlight >= this.#max && !this.#uploads.dropStalled()) throw this.#full;
    this.#inFlight += 1;
    this.#uploads.add(req);
    try {
      await work();
    } finally {
      this.#inFlight -= 1;
      this.#uploads.delete(req);
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

  /** Drops the oldest upload that has run out of time. False when there is none. */
  dropStalled(): boolean {
    for (const [req, since] of this.#since) {
      if (!req.complete && this.#now() - since < this.#patienceMs) return false;
      this.#since.delete(req);
      if (req.complete) continue;
      req.destroy();
      return true;
    }
    return false;
  }
}
