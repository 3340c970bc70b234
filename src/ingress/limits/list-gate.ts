import { ProblemError } from '../../protocol/problems.ts';
import type { RunList } from '../../protocol/run-list.ts';
import { TokenBucket } from './token-bucket.ts';

/** How many lists Temporal is asked for. */
export interface ListLimits {
  /** By all clients of this process together. A self-hosted server allows 10 a second a namespace, its UI included. */
  readonly listsPerSecond: number;
  readonly listsBurst: number;
  readonly listsPerSecondPerClient: number;
  readonly listsBurstPerClient: number;
  /** How long the answer to the same query is reused, in milliseconds. Temporal's own list lags as far behind. */
  readonly listsReuse: number;
}

export const DEFAULT_LIST_LIMITS: ListLimits = {
  listsPerSecond: 5,
  listsBurst: 15,
  listsPerSecondPerClient: 2,
  listsBurstPerClient: 10,
  listsReuse: 500,
};

/** Stands before the list of runs, so that one client's dashboard can't use up what the namespace allows to all. */
export class ListGate {
  readonly #limits: ListLimits;
  readonly #inAll: TokenBucket;
  readonly #perClient = new Map<string, TokenBucket>();
  readonly #recent = new Map<string, Promise<RunList>>();

  constructor(limits: ListLimits) {
    this.#limits = limits;
    this.#inAll = new TokenBucket({ perSecond: limits.listsPerSecond, burst: limits.listsBurst });
  }

  /**
   * Asks, or answers as a moment ago.
   *
   * @param question the client's name is a part of it
   * @throws ProblemError `rate_limited`, `overloaded`, and whatever `ask` rejects with
   */
  list(client: string, question: string, ask: () => Promise<RunList>): Promise<RunList> {
    const key = JSON.stringify([client, question]);
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    this.#take(client);
    const answer = ask();
    this.#recent.set(key, answer);
    const forget = (): void => void this.#recent.delete(key);
    answer.then(() => setTimeout(forget, this.#limits.listsReuse).unref(), forget);
    return answer;
  }

  #take(client: string): void {
    const { listsPerSecondPerClient: perSecond, listsBurstPerClient: burst } = this.#limits;
    const own = this.#perClient.get(client) ?? new TokenBucket({ perSecond, burst });
    this.#perClient.set(client, own);
    if (own.isEmpty) {
      throw new ProblemError('rate_limited', `A client may list its runs ${perSecond} times a second: ask less often.`);
    }
    if (!this.#inAll.take()) {
      throw new ProblemError('overloaded', 'Too many lists of runs are asked for at the moment: ask again later.');
    }
    own.take();
  }
}
