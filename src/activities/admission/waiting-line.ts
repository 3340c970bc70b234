import { type ClientCounts, fairPlace } from './fair-order.ts';
import { AT_ONCE_MS } from '../agent/retry-plan.ts';

/** Who waits, and since when: clients take turns, and of each the oldest comes first. */
export interface Ticket {
  /** Identifies the activity. */
  readonly key: string;
  readonly client: string;
  /** When Temporal first scheduled it, by Temporal's clock: the same on every worker. */
  readonly since: number;
}

interface Away extends Omit<Ticket, 'key'> {
  /** When it returns. */
  readonly dueAt: number;
}

interface Turns {
  readonly now: number;
  readonly pauseMs: number;
  readonly turnMs: (place: number) => number;
  /** The tasks that wait elsewhere. */
  readonly others: readonly Ticket[];
  readonly running: ClientCounts;
}

/** A task that is not back this long after it was due was canceled, or went to another worker. */
const LATE_MS = 10_000;
/** However slow the agent: the first in line is back within this time, to wait in the worker when a permit becomes free. */
const LONGEST_STEP_MS = 3000;
/** However fast the agent: more returns than this would cost Temporal more than they gain. */
const SHORTEST_STEP_MS = 20;
/** Everybody returns within a minute, to be found by another worker with free permits; of more than 150, some three a second. */
const LONGEST_DELAY_MS = 60_000;
const RETURN_EVERY_MS = 400;

/** The tasks that were handed back to Temporal until their turn. */
export class WaitingLine {
  readonly #away = new Map<string, Away>();

  get size(): number {
    return this.#away.size;
  }

  /** The task is back. */
  remove(key: string): void {
    this.#away.delete(key);
  }

  /**
   * Sends a task away until its turn.
   *
   * @param pauseMs how long nobody gets a permit
   * @param turnMs how long it then takes until the permit for a place, from 1, is free, as estimated
   * @returns the delay in milliseconds
   */
  send({ key, client, since }: Ticket, { now, pauseMs, turnMs, others, running }: Turns): number {
    this.prune(now);
    const place = fairPlace({ key, client, since }, [...others, ...this.#away.values()], running);
    // After a pause a permit is free at once, so that the first in line waits for nothing else.
    const [shortest, longestStep] = [(pauseMs > 0 ? place - 1 : place) * SHORTEST_STEP_MS, place * LONGEST_STEP_MS];
    const wanted = Math.min(Math.max(turnMs(place), shortest), longestStep);
    const longest = Math.max(LONGEST_DELAY_MS, this.size * RETURN_EVERY_MS);
    // Spread, so that those at the end do not return all at once.
    const spreadMs = wanted < longest ? wanted : longest * (0.5 + Math.random() / 2);
    const delayMs = Math.ceil(Math.max(pauseMs + spreadMs, AT_ONCE_MS));
    this.#away.set(key, { client, since, dueAt: now + delayMs });
    return delayMs;
  }

  /** Forgets the tasks that did not return. */
  prune(now: number): void {
    for (const [key, { dueAt }] of this.#away) if (dueAt + LATE_MS < now) this.#away.delete(key);
  }
}
