/** A place that was taken. */
export interface Place {
  /** Gives it back; a second call does nothing. */
  release(): void;
}

/** A fixed number of places, handed out in the order of asking. */
export class Places {
  readonly size: number;
  #taken = 0;
  readonly #queue = new Set<() => void>();

  /** @throws RangeError when the size is not a positive whole number. */
  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`A number of places must be a positive whole number: ${size} is not.`);
    }
    this.size = size;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** The next free place at once, if there is one and nobody waits for it. */
  tryTake(): Place | undefined {
    return this.#taken < this.size ? this.#hand() : undefined;
  }

  /**
   * Waits for a place.
   *
   * @throws `signal.reason` when aborted first; the turn then passes to the next in the queue.
   */
  async take(signal: AbortSignal): Promise<Place> {
    signal.throwIfAborted();
    const free = this.tryTake();
    if (free !== undefined) return free;
    return new Promise((resolve, reject) => {
      const onTurn = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(this.#hand());
      };
      const onAbort = (): void => {
        this.#queue.delete(onTurn);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(onTurn);
    });
  }

  #hand(): Place {
    this.#taken += 1;
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.#taken -= 1;
        const [next] = this.#queue;
        if (next === undefined) return;
        this.#queue.delete(next);
        next();
      },
    };
  }
}
