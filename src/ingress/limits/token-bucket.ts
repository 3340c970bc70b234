/** How often something may be done: so many at once, and then at a steady rate. */
interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Counts what may still be done at once; it fills up with time. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #now: () => number;
  #tokens: number;
  #countedAt: number;

  /** @param now milliseconds that only grow; default: `performance.now` */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
    this.#tokens = rate.burst;
    this.#countedAt = now();
  }

  /** Whether one more may be taken. */
  get isEmpty(): boolean {
    const now = this.#now();
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#countedAt) / 1000) * perSecond);
    this.#countedAt = now;
    return this.#tokens < 1;
  }

  /** Takes one, if there is one. */
  take(): boolean {
    if (this.isEmpty) return false;
    this.#tokens -= 1;
    return true;
  }
}
