import { ProblemError } from '../../protocol/problem-error.ts';
import { StartLimit } from './start-limit.ts';

/** How long a delivery waits for its turn, in milliseconds: waiting, a sender costs less than a refusal and its next try. */
const MAX_WAIT_MS = 1000;

/**
 * Lets as many runs be recorded at the same time as `StartLimit` permits. The others wait, and the clients take turns, so
 * that a client with few deliveries does not wait behind one with many.
 */
export class StartQueue {
  readonly #limit: Pick<StartLimit, 'permits' | 'observe'>;
  readonly #maxWaitMs: number;
  // Made once, as those of `ServerAdmission`.
  readonly #late = new ProblemError('overloaded', 'Runs are recorded more slowly than they come: retry later.');
  /** Those who wait by client; the client at the front is next. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #underWay = 0;

  constructor(limit: Pick<StartLimit, 'permits' | 'observe'> = new StartLimit(), maxWaitMs: number = MAX_WAIT_MS) {
    this.#limit = limit;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Records a run when it is its turn. Settles as `record` does.
   *
   * @param record gets how long it has waited, which its own deadline takes into account, in milliseconds
   * @throws ProblemError `overloaded`, when its turn does not come in time
   */
  async take<T>(client: string, record: (waitedMs: number) => Promise<T>): Promise<T> {
    const came = performance.now();
    await this.#turn(client);
    const began = performance.now();
    try {
      const recorded = await record(began - came);
      this.#end(performance.now() - began);
      return recorded;
    } catch (error) {
      this.#end(error instanceof ProblemError && error.code === 'temporal_unavailable' ? Infinity : undefined);
      throw error;
    }
  }

  #turn(client: string): Promise<void> {
    if (this.#underWay < this.#limit.permits) {
      this.#underWay += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(client) ?? [];
      this.#waiting.set(client, queue);
      const begin = (): void => {
        clearTimeout(timer);
        this.#underWay += 1;
        resolve();
      };
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(begin), 1);
        if (queue.length === 0) this.#waiting.delete(client);
        reject(this.#late);
      }, this.#maxWaitMs);
      queue.push(begin);
    });
  }

  #end(ms: number | undefined): void {
    if (ms !== undefined) this.#limit.observe(ms, this.#underWay >= this.#limit.permits);
    this.#underWay -= 1;
    while (this.#underWay < this.#limit.permits && this.#beginNext());
  }

  #beginNext(): boolean {
    const [first] = this.#waiting;
    if (first === undefined) return false;
    const [client, queue] = first;
    this.#waiting.delete(client);
    queue.shift()?.();
    if (queue.length > 0) this.#waiting.set(client, queue);
    return true;
  }
}
