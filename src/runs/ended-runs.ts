import type { RunResource } from '../protocol/run-resource.ts';

const MAX_REMEMBERED = 2000;
const READS_AT_ONCE = 8;
/** While its callback is still retried or kept as a dead letter, a run that is over may yet change a little. */
const OPEN_FOR_MS = 30_000;

/** A run that is over for its agent. */
export interface EndedRun {
  readonly runId: string;
  /** Tells its states apart. */
  readonly state: string;
  /** Whether nothing about it can change any more. */
  readonly closed: boolean;
}

interface Remembered {
  readonly run: RunResource;
  /** By `performance.now()`. */
  readonly until: number;
}

/**
 * Reads how runs ended, a few at a time, and remembers it: it hardly changes, and reading one costs Temporal two calls.
 * What is remembered has no output, so that it stays small.
 */
export class EndedRuns {
  readonly #known = new Map<string, Remembered>();

  /**
   * @param read reads a run exactly; resolves with undefined when it is there no longer
   * @returns one entry a run, in order; rejects with what `read` first rejects with
   */
  async readAll(
    runs: readonly EndedRun[],
    read: (runId: string) => Promise<RunResource | undefined>,
  ): Promise<(RunResource | undefined)[]> {
    const results: (RunResource | undefined)[] = [];
    const entries = runs.entries();
    const work = async (): Promise<void> => {
      for (const [index, run] of entries) results[index] = await this.#readOne(run, read);
    };
    await Promise.all(Array.from({ length: Math.min(READS_AT_ONCE, runs.length) }, work));
    return results;
  }

  async #readOne(
    { runId, state, closed }: EndedRun,
    read: (runId: string) => Promise<RunResource | undefined>,
  ): Promise<RunResource | undefined> {
    const key = `${runId} ${state}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.until > performance.now()) return known.run;
    const found = await read(runId);
    if (found === undefined) return undefined;
    const { output: _, ...run } = found;
    this.#known.delete(key); // so that it stands at the end, as the newest
    this.#known.set(key, { run, until: closed ? Infinity : performance.now() + OPEN_FOR_MS });
    if (this.#known.size > MAX_REMEMBERED) this.#forgetOldest();
    return run;
  }

  /** Forgets a run that was deleted. */
  forget(runId: string): void {
    for (const key of this.#known.keys()) if (key.startsWith(`${runId} `)) this.#known.delete(key);
  }

  #forgetOldest(): void {
    const oldest = this.#known.keys().next();
    if (oldest.done !== true) this.#known.delete(oldest.value);
  }
}
