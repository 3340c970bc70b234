import { ProblemError } from '../../protocol/problem-error.ts';

/** How long a delivery waits for a slot, in milliseconds: most senders never send again what was refused. */
const MAX_WAIT_MS = 2000;

interface Waiter<T> {
  readonly begin: (slot: T) => void;
  readonly refuse: () => void;
}

/**
 * A line for slots that are all taken, in order of arrival. A slot is handed to the first in line. Nobody waits while the work of
 * those who have slots ends in 503: their slots would be no better.
 */
export class WaitingLine<T> {
  readonly #max: number;
  readonly #maxWaitMs: number;
  readonly #waiting: Waiter<T>[] = [];
  #flows = true;

  /** @param max how many may wait */
  constructor(max: number, maxWaitMs: number = MAX_WAIT_MS) {
    this.#max = max;
    this.#maxWaitMs = maxWaitMs;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /**
   * Waits for a slot.
   *
   * @returns what the one who had it hands on
   * @throws refusal when the line is full, when none becomes free in time, or when work ends in 503
   */
  wait(refusal: ProblemError): Promise<T> {
    if (!this.#flows || this.#waiting.length >= this.#max) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = {
        begin(slot) {
          clearTimeout(timer);
          resolve(slot);
        },
        refuse() {
          clearTimeout(timer);
          reject(refusal);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(refusal);
      }, this.#maxWaitMs);
      this.#waiting.push(waiter);
    });
  }

  /** Hands a slot to the first in line; false when nobody waits. */
  handOn(slot: T): boolean {
    const first = this.#waiting.shift();
    first?.begin(slot);
    return first !== undefined;
  }

  /** Notes how the work of one who had a slot has ended. */
  ended(error?: unknown): void {
    const isAway = error instanceof ProblemError && AWAY.includes(error.code);
    if (error === undefined) this.#flows = true;
    else if (isAway) this.#flows = false;
    if (!this.#flows) for (const { refuse } of this.#waiting.splice(0)) refuse();
  }
}

const AWAY: readonly string[] = ['overloaded', 'temporal_unavailable', 'temporal_not_set_up'];
