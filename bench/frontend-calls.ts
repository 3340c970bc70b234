import { setTimeout as sleep } from 'node:timers/promises';

/** Temporal gathers its counters for a while before it shows them. */
const SETTLE_MS = 1200;
/** Workers and those who wait for a result ask again after a minute without an answer; how often has to do with time alone. */
const LONG_POLL = /^Poll/;

/** Calls that a run costs, by operation. */
export interface CallsPerRun {
  readonly calls: ReadonlyMap<string, number>;
  /** Those that wait until there is something to answer. */
  readonly longPolls: ReadonlyMap<string, number>;
}

/**
 * Counts the gRPC calls that a frontend gets in the namespace `default` while something runs.
 *
 * @param metricsUrl of the server's Prometheus metrics
 * @param runs by which the counts are divided
 */
export async function countCalls(metricsUrl: string, runs: number, work: () => Promise<unknown>): Promise<CallsPerRun> {
  const before = await readCalls(metricsUrl);
  await work();
  const after = await readCalls(metricsUrl);
  const perRun = [...after]
    .map(([operation, count]) => [operation, (count - (before.get(operation) ?? 0)) / runs] as const)
    .filter(([, count]) => count > 0);
  return {
    calls: new Map(perRun.filter(([operation]) => !LONG_POLL.test(operation))),
    longPolls: new Map(perRun.filter(([operation]) => LONG_POLL.test(operation))),
  };
}

async function readCalls(metricsUrl: string): Promise<Map<string, number>> {
  await sleep(SETTLE_MS);
  const answer = await fetch(metricsUrl);
  const calls = new Map<string, number>();
  for (const line of (await answer.text()).split('\n')) {
    const [, labels = '', count = ''] = /^service_requests(?:_total)?\{(.*)\} (\S+)$/.exec(line) ?? [];
    const operation = /operation="(\w+)"/.exec(labels)?.[1];
    if (operation === undefined || !labels.includes('service_name="frontend"')) continue;
    if (!labels.includes('namespace="default"')) continue;
    calls.set(operation, (calls.get(operation) ?? 0) + Number(count));
  }
  return calls;
}
