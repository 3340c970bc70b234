/** A permit of a semaphore. */
export interface Permit {
  /** Returns the permit; a second call does nothing. */
  release(): void;
}

/** A fixed number of permits, granted first come, first served. */
export class Semaphore {
  readonly size: number;
  #taken = 0;
  readonly #queue = new Set<() => void>();

  /** @throws RangeError when the size is not a positive whole number. */
  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`A semaphore's size must be a positive whole number: ${size} is not.`);
    }
    this.size = size;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** A permit, if one is free. */
  tryAcquire(): Permit | undefined {
    return this.#taken < this.size ? this.#grant() : undefined;
  }

  /**
   * Waits for a permit.
   *
   * @throws `signal.reason` when the signal aborts first.
   */
  async acquire(signal: AbortSignal): Promise<Permit> {
    signal.throwIfAborted();
    const free = this.tryAcquire();
    if (free !== undefined) return free;
    return new Promise((resolve, reject) => {
      const onGrant = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(this.#grant());
      };
      const onAbort = (): void => {
        this.#queue.delete(onGrant);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(onGrant);
    });
  }

  #grant(): Permit {
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
