import { ActivityNotFoundError } from '@temporalio/client';
import type { ActivityIds, HeartbeatClient } from '../../src/activities/journal/report-until-settled.ts';

/** A report that reached the fake Temporal. */
export interface Report {
  readonly how: 'complete' | 'fail' | 'heartbeat';
  /** The token's text, or the ids. */
  readonly to: string | ActivityIds;
  readonly value: unknown;
}

/** Temporal's side of completions: takes reports, is away, or knows no such activity. */
export class FakeCompletions implements HeartbeatClient {
  readonly taken: Report[] = [];
  /** Calls so far, those that failed included. */
  calls = 0;
  isAway = false;
  /** Every call waits for this. */
  gate: Promise<void> = Promise.resolve();
  /** Tokens of attempts that are over, as text. */
  readonly over = new Set<string>();
  /** Whether the activity itself is over, so that its ids are refused too. */
  isClosed = false;

  complete(to: Uint8Array | ActivityIds, result: unknown): Promise<void> {
    return this.#take('complete', to, result);
  }

  fail(to: Uint8Array | ActivityIds, error: unknown): Promise<void> {
    return this.#take('fail', to, error);
  }

  heartbeat(to: ActivityIds, details: unknown): Promise<void> {
    return this.#take('heartbeat', to, details);
  }

  async #take(how: Report['how'], to: Uint8Array | ActivityIds, value: unknown): Promise<void> {
    this.calls += 1;
    await this.gate;
    if (this.isAway) throw new Error('Temporal is away');
    const target = to instanceof Uint8Array ? Buffer.from(to).toString('utf8') : to;
    if (typeof target === 'string' ? this.over.has(target) : this.isClosed)
      throw new ActivityNotFoundError('Not found');
    this.taken.push({ how, to: target, value });
  }
}
