import { ProblemError } from '../../protocol/problem-error.ts';

interface Waiting {
  readonly step: () => boolean;
  readonly refuse: (problem: ProblemError) => void;
  /** Steps that were done. */
  served: number;
}

/**
 * Divides the event loop among pieces of work that strangers can make long. Each is done in steps, one step of one piece in
 * each turn of the loop; the piece that had the fewest steps is next. Short work is done at once, whatever else waits, and
 * long work waits for long work only.
 */
export class Turns {
  readonly #max: number;
  readonly #problem: ProblemError;
  /** In the order in which they came. */
  readonly #waiting: Waiting[] = [];
  #running = false;

  /**
   * @param max pieces that wait at the same time; one more, and the one that had the most steps is refused
   * @param detail of the problem `overloaded` with which it is refused
   */
  constructor(max: number, detail: string) {
    this.#max = max;
    this.#problem = new ProblemError('overloaded', detail);
  }

  /** How many pieces wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Does a piece of work. Its first step is done at once.
   *
   * @param work yields after each step
   * @returns what the work returns
   * @throws ProblemError `overloaded`, and what the work throws
   */
  take<T>(work: Iterator<void, T, void>): Promise<T> {
    return new Promise((resolve, reject) => {
      const step = (): boolean => {
        try {
          const { done = false, value } = work.next();
          if (done) resolve(value as T);
          return done;
        } catch (error) {
          reject(error);
          return true;
        }
      };
      if (step()) return;
      this.#waiting.push({ step, refuse: reject, served: 1 });
      if (this.#waiting.length > this.#max) this.#refuseLongest();
      this.#run();
    });
  }

  #refuseLongest(): void {
    const most = Math.max(...this.#waiting.map(({ served }) => served));
    this.#remove(this.#waiting.find(({ served }) => served === most))?.refuse(this.#problem);
  }

  #run(): void {
    if (this.#running || this.#waiting.length === 0) return;
    this.#running = true;
    setImmediate(() => {
      this.#running = false;
      const fewest = Math.min(...this.#waiting.map(({ served }) => served));
      const next = this.#waiting.find(({ served }) => served === fewest);
      if (next !== undefined) {
        next.served += 1;
        if (next.step()) this.#remove(next);
      }
      this.#run();
    });
  }

  #remove(piece: Waiting | undefined): Waiting | undefined {
    const [removed] = piece === undefined ? [] : this.#waiting.splice(this.#waiting.indexOf(piece), 1);
    return removed;
  }
}
