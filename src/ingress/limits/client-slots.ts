import type { ProblemError } from '../../protocol/problems.ts';

/** How many of one kind of thing may be under way at once, and what is said to whoever comes too late. */
export interface SlotRules {
  /** Infinity: as many as it likes. */
  readonly perClient: (client: string) => number;
  /** By all clients of this process together. */
  readonly inAll: number;
  readonly refuseClient: (limit: number) => ProblemError;
  readonly refuseAll: (limit: number) => ProblemError;
}

/** Counts what clients have under way, in the memory of this process. */
export class ClientSlots {
  readonly #rules: SlotRules;
  readonly #taken = new Map<string, number>();
  #inAll = 0;

  constructor(rules: SlotRules) {
    this.#rules = rules;
  }

  /** How many a client may still take. */
  left(client: string): number {
    return this.#rules.perClient(client) - (this.#taken.get(client) ?? 0);
  }

  /**
   * Takes a slot for a client.
   *
   * @returns gives it back; a second call does nothing
   * @throws ProblemError as the rules make them
   */
  take(client: string): () => void {
    const { perClient, inAll, refuseClient, refuseAll } = this.#rules;
    if (this.left(client) <= 0) throw refuseClient(perClient(client));
    if (this.#inAll >= inAll) throw refuseAll(inAll);
    this.#add(client, 1);
    let held = true;
    return () => {
      if (held) this.#add(client, -1);
      held = false;
    };
  }

  #add(client: string, count: 1 | -1): void {
    this.#inAll += count;
    const own = (this.#taken.get(client) ?? 0) + count;
    if (own === 0) this.#taken.delete(client);
    else this.#taken.set(client, own);
  }
}
