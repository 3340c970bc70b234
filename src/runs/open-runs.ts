import type { ConnectionLike } from '@temporalio/client';
import { SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
import { shareFor } from '../timing/share-for.ts';
import { within } from '../timing/within.ts';
import { IS_A_RUN } from './run-kinds.ts';

/** What open runs wait for: their agent or the first attempt of their callback, the next attempt of it, or a redelivery. */
export type OpenRunState = 'active' | 'retrying' | 'dead';

/** The open runs of one state. */
export interface OpenRuns {
  readonly count: number;
  /** How long the oldest has been open, as the step of `AGES` that it has reached, in seconds; 0 below the first. */
  readonly oldestSeconds: number;
}

export interface OpenRunsOptions {
  /** The native connection; undefined while there is none yet. */
  readonly connection: () => ConnectionLike | undefined;
  readonly namespace: string;
  /** How long the counts together may take, in milliseconds. */
  readonly deadlineMs: number;
  /** Gets each state; undefined when Temporal did not say. */
  readonly onCounted: (state: OpenRunState, runs: OpenRuns | undefined) => void;
}

/** Temporal cannot sort by age on every database, so the oldest is found by counts of what is older than one of these. */
const AGES = [60, 300, 900, 3600, 6 * 3600, 24 * 3600, 3 * 24 * 3600, 7 * 24 * 3600, 14 * 24 * 3600];
const COUNTED_EVERY_MS = 60_000;

const MARK: Readonly<Record<OpenRunState, string>> = {
  active: `${SEARCH_ATTRIBUTE.callback} IS NULL`,
  retrying: `${SEARCH_ATTRIBUTE.callback} = 'retrying'`,
  dead: `${SEARCH_ATTRIBUTE.callback} = 'dead'`,
};

/**
 * Returns a function that counts the open runs of the namespace, once a minute at most, however often it is called. It resolves
 * when `onCounted` was called with what is known, and never rejects.
 *
 * Costs Temporal three counts a minute, and up to four more for each state that has runs.
 */
export function createOpenRunsCount({ connection, namespace, ...options }: OpenRunsOptions): () => Promise<void> {
  const count = async (query: string): Promise<number> => {
    const current = connection();
    if (current === undefined) throw new Error('no connection yet');
    const { count: found } = await current.workflowService.countWorkflowExecutions({ namespace, query });
    return Number(found);
  };
  const countState = async (state: OpenRunState): Promise<OpenRuns> => {
    const query = `${IS_A_RUN} AND ExecutionStatus = 'Running' AND ${MARK[state]}`;
    const open = await count(query);
    let [low, high] = [0, open === 0 ? 0 : AGES.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const before = new Date(Date.now() - (AGES[middle] ?? 0) * 1000).toISOString();
      if ((await count(`${query} AND StartTime < '${before}'`)) > 0) low = middle + 1;
      else high = middle;
    }
    return { count: open, oldestSeconds: AGES[low - 1] ?? 0 };
  };
  return shareFor(COUNTED_EVERY_MS, async () => {
    const until = performance.now() + options.deadlineMs;
    // One after the other: a namespace may ask for few lists and counts a second.
    for (const state of Object.keys(MARK) as OpenRunState[]) {
      const left = until - performance.now();
      const unknown = (): undefined => undefined;
      const counted = left <= 0 ? undefined : await within(left, countState(state), unknown).catch(unknown);
      options.onCounted(state, counted);
    }
  });
}
