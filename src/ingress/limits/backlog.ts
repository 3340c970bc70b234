/** When the backlog of runs that wait to be recorded counts as slow. */
export interface BacklogLimits {
  /** Far below a request's deadline at Temporal, in milliseconds, so that what is admitted then still gets its answer. */
  readonly slowAfterMs: number;
  /** How many slow runs are tolerated: one late call says nothing about the next. */
  readonly tolerated: number;
}

export const DEFAULT_BACKLOG_LIMITS: BacklogLimits = { slowAfterMs: 500, tolerated: 16 };

/**
 * Watches how long runs wait to be recorded. It adapts to the current speed of Temporal, which a fixed number of requests
 * cannot.
 */
export class Backlog {
  readonly #limits: BacklogLimits;
  readonly #now: () => number;
  /** The oldest first. */
  readonly #waiting = new Set<{ readonly since: number }>();

  /** @param now monotonic milliseconds; default: `performance.now` */
  constructor(limits: BacklogLimits = DEFAULT_BACKLOG_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Whether more runs than tolerated have waited too long. */
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

  /** Records a run and watches how long that takes. Settles as `record` does. */
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
