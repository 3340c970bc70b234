/** Syncs a file for all that wait for it: one sync serves everything that was written before it began. */
export class SharedSync {
  readonly #sync: () => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  /** @param sync brings what is written by now to the disk */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Resolves when all that is written by now is on the disk; rejects with what `sync` rejects with. */
  wait(): Promise<void> {
    // A sync that is under way may have begun before the last write.
    return (this.#waiting ??= this.#last.then(async () => {
      this.#waiting = undefined;
      const syncing = this.#sync();
      this.#last = syncing.catch(() => undefined);
      return syncing;
    }));
  }

  /** Resolves when no sync is under way. Never rejects. */
  async settle(): Promise<void> {
    await this.#waiting?.catch(() => undefined);
    await this.#last;
  }
}
