/** Starts that are under way beyond those that Temporal serves without delay. */
const EXTRA = 2;
/** A start counts as delayed when it takes longer than this many times the fastest one. */
const TOLERANCE = 2;
/** Weight of the latest start. */
const WEIGHT = 0.1;
const INITIAL = 4;
/** The fastest start is that of the last one or two windows, so that a slower path to Temporal becomes the new normal. */
const WINDOW_MS = 300_000;

/**
 * How many starts of runs may be under way at the same time, so that Temporal and this process keep their time for the
 * workers: more starts at once than Temporal records at once are no faster, and everything else waits behind them.
 *
 * The limit follows the time that starts take. `limit × fastest / latest` is the number of starts that would be under way if
 * none had to wait; the limit approaches that plus a few, which keep Temporal busy. It is the rule of FAST TCP (Wei, Jin, Low,
 * Hegde: "FAST TCP: Motivation, Architecture, Algorithms, Performance", IEEE/ACM Transactions on Networking 14, 2006).
 */
export class StartLimit {
  readonly #now: () => number;
  #limit = INITIAL;
  #fastest = Infinity;
  #fastestBefore = Infinity;
  #windowEnd: number;

  /** @param now monotonic milliseconds; default: `performance.now` */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#windowEnd = now() + WINDOW_MS;
  }

  /** At least 2. */
  get permits(): number {
    return Math.floor(this.#limit);
  }

  /**
   * Takes a start into account.
   *
   * @param ms how long it took; Infinity: it failed
   * @param wasFull whether all permits were taken meanwhile: otherwise it tells nothing about more of them
   */
  observe(ms: number, wasFull: boolean): void {
    if (this.#now() > this.#windowEnd) {
      this.#fastestBefore = this.#fastest;
      this.#fastest = Infinity;
      this.#windowEnd = this.#now() + WINDOW_MS;
    }
    this.#fastest = Math.min(this.#fastest, ms);
    const fastest = Math.min(this.#fastest, this.#fastestBefore);
    const undelayed = ms === Infinity ? 0 : this.#limit * Math.min(1, (TOLERANCE * fastest) / ms);
    const change = WEIGHT * (undelayed + EXTRA - this.#limit);
    if (change < 0 || wasFull) this.#limit += change;
  }
}
