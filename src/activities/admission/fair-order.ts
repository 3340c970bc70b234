import type { Ticket } from './waiting-line.ts';

/** How many calls of each client are under way, and how many of its tasks wait. */
export class ClientCounts {
  readonly #counts = new Map<string, number>();

  constructor(clients: Iterable<string> = []) {
    for (const client of clients) this.add(client, 1);
  }

  add(client: string, by: 1 | -1): void {
    const count = this.of(client) + by;
    if (count === 0) this.#counts.delete(client);
    else this.#counts.set(client, count);
  }

  of(client: string): number {
    return this.#counts.get(client) ?? 0;
  }

  [Symbol.iterator](): IterableIterator<[string, number]> {
    return this.#counts.entries();
  }
}

const MOST_REMEMBERED = 1000;

/** The calls under way by client, and which client had a turn last. */
export class ClientTurns {
  readonly running = new ClientCounts();
  /** The client that had a turn last stands last. */
  readonly #last = new Map<string, number>();
  #grants = 0;

  begin(client: string): void {
    this.running.add(client, 1);
    this.#grants += 1;
    this.#last.delete(client);
    this.#last.set(client, this.#grants);
    const [oldest] = this.#last.keys();
    if (this.#last.size > MOST_REMEMBERED && oldest !== undefined) this.#last.delete(oldest);
  }

  end(client: string): void {
    this.running.add(client, -1);
  }

  /** The number of its last turn; 0 where it had none lately. */
  lastOf(client: string): number {
    return this.#last.get(client) ?? 0;
  }
}

/**
 * The order in which tasks get permits: who has fewer calls under way and fewer older tasks of the same client is first; of those that
 * are equal, the client whose last turn is longer ago, then the older task. Clients take turns so, however many tasks each has; of one client alone the oldest is first.
 */
export function inFairOrder<T extends Ticket>(tasks: readonly T[], turns: ClientTurns): T[] {
  const seen = new ClientCounts();
  const ranked = tasks
    .toSorted((one, other) => one.since - other.since)
    .map((task) => {
      const rank = turns.running.of(task.client) + seen.of(task.client);
      seen.add(task.client, 1);
      return { task, rank };
    });
  // The sort is stable: equal ranks stay in the order of their age.
  const last = ({ task }: { readonly task: T }): number => turns.lastOf(task.client);
  return ranked.toSorted((one, other) => one.rank - other.rank || last(one) - last(other)).map(({ task }) => task);
}

/**
 * The place of a task among others in that order, from 1, without sorting them.
 *
 * @param others that wait, here and elsewhere
 */
export function fairPlace(
  { client, since }: Ticket,
  others: Iterable<Omit<Ticket, 'key'>>,
  running: ClientCounts,
): number {
  const waiting = new ClientCounts();
  let older = 0;
  for (const other of others) {
    if (other.client !== client) waiting.add(other.client, 1);
    else if (other.since < since) older += 1;
  }
  const rank = running.of(client) + older;
  let place = 1 + older;
  for (const [other, count] of waiting) place += Math.min(count, Math.max(rank - running.of(other), 0));
  return place;
}
