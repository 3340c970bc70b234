import { ProblemError } from '../../protocol/problem-error.ts';
import type { RunList } from '../../protocol/run-list.ts';

/** How often runs may be listed. */
export interface ListLimits {
  /** By all clients of this process. A self-hosted server allows 10 a second per namespace, its UI included. */
  readonly listsPerSecond: number;
  readonly listsBurst: number;
  readonly listsPerSecondPerClient: number;
  readonly listsBurstPerClient: number;
  /** How long the answer to a query is reused, in milliseconds. Temporal's own list lags by as much. */
  readonly listsReuse: number;
}

export const DEFAULT_LIST_LIMITS: ListLimits = {
  listsPerSecond: 5,
  listsBurst: 15,
  listsPerSecondPerClient: 2,
  listsBurstPerClient: 10,
  listsReuse: 500,
};

/** Limits lists of runs, so that one client's dashboard cannot use up the namespace's quota. */
export class ListAdmission {
  readonly #limits: ListLimits;
  readonly #total: TokenBucket;
  readonly #perClient = new Map<string, TokenBucket>();
  readonly #recent = new Map<string, Promise<RunList>>();

  constructor(limits: ListLimits) {
    this.#limits = limits;
    this.#total = new TokenBucket({ perSecond: limits.listsPerSecond, burst: limits.listsBurst });
  }

  /**
   * Lists, or reuses a recent answer to the same query of the same client.
   *
   * @throws ProblemError `rate_limited` (429), `overloaded` (503), and whatever `list` rejects with
   */
  list(client: string, query: string, list: () => Promise<RunList>): Promise<RunList> {
    const key = JSON.stringify([client, query]);
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    this.#admit(client);
    const answer = list();
    this.#recent.set(key, answer);
    const forget = (): void => void this.#recent.delete(key);
    answer.then(() => setTimeout(forget, this.#limits.listsReuse).unref(), forget);
    return answer;
  }

  #admit(client: string): void {
    const { listsPerSecondPerClient: perSecond, listsBurstPerClient: burst } = this.#limits;
    const own = this.#perClient.get(client) ?? new TokenBucket({ perSecond, burst });
    this.#perClient.set(client, own);
    if (own.isEmpty) {
      throw new ProblemError('rate_limited', `A client may list its runs ${perSecond} times a second: slow down.`);
    }
    if (!this.#total.take()) {
      throw new ProblemError('overloaded', 'Too many clients are listing runs: retry later.');
    }
    own.take();
  }
}

/** A burst, then a steady rate. */
class TokenBucket {
  readonly #rate: { readonly perSecond: number; readonly burst: number };
  #tokens: number;
  #countedAt = performance.now();

  constructor(rate: { readonly perSecond: number; readonly burst: number }) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  get isEmpty(): boolean {
    const now = performance.now();
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#countedAt) / 1000) * perSecond);
    this.#countedAt = now;
    return this.#tokens < 1;
  }

  /** Takes a token if there is one. */
  take(): boolean {
    if (this.isEmpty) return false;
    this.#tokens -= 1;
    return true;
  }
}
