/** How long runs may wait to be recorded before no more are taken in. */
export interface BacklogLimits {
  /** Far below the time that a request waits for Temporal, in milliseconds: what is taken in then still gets its answer. */
  readonly slowAfterMs: number;
  /** So many may be slow: a single call that Temporal is late with says nothing about the next. */
  readonly tolerated: number;
}

export const DEFAULT_BACKLOG_LIMITS: BacklogLimits = { slowAfterMs: 500, tolerated: 16 };

/**
 * Watches how long runs wait to be recorded. However fast Temporal is at the moment, it tells when more is taken in than
 * gets its answer in time; a fixed number can't.
 */
export class Backlog {
  readonly #limits: BacklogLimits;
  readonly #now: () => number;
  /** The oldest first. */
  readonly #waiting = new Set<{ readonly since: number }>();

  /** @param now milliseconds that only grow; default: `performance.now` */
  constructor(limits: BacklogLimits = DEFAULT_BACKLOG_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Whether too many wait too long already. */
  get isSlow(): boolean {
    const { slowAfterMs, tolerated } = this.#limits;
    if (this.#waiting.size <= tolerated) return false;
    const slowSince = this.#now() - slowAfterMs;
    let slow = 0;
    for (const { since } of this.#waiting) {
      if (since > slowSince) return false;
      slow += 1;
      if (slow > tolerated) return true;
    }
    return false;
  }

  /** Does what records a run, and watches it. Settles as it does. */
  async watch<T>(record: () => Promise<T>): Promise<T> {
    const entry = { since: this.#now() };
    this.#waiting.add(entry);
    try {
      return await record();
    } finally {
      this.#waiting.delete(entry);
    }
  }
}
