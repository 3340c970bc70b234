/**
 * Measures whether the backlog of one agent slows another: `npm run bench:agents`, 8 minutes, with `-- --quick` two.
 * Writes docs/benchmarks/agents.md. Exit code 1: the runs of the other agent were slowed by more than half.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../src/cli/temporal-server/start-dev-server.ts';
import { type IsolationStack, startIsolationStack } from './isolation-stack.ts';
import { atOnce, atRate, median, percentile } from './measure.ts';
import type { Pairs } from './pairs.ts';
import { cpuMs } from './process-usage.ts';
import { machine, table } from './report.ts';
import { createSlowAgent } from './slow-agent.ts';

const REPORT = 'docs/benchmarks/agents.md';
const MOST_RATIO = 1.5;
/** Fewer than the tasks that wait, so that they would hold all of them. */
const SLOTS = 500;
const BACKLOG = 700;
const CONCURRENCY = 8;
const CALL_MS = 15_000;
const PER_SECOND = 8;
/** The tasks that were taken in have had their first turn by then. */
const SETTLE_MS = 5000;
/** A run that was not called by then counts with this. */
const GIVE_UP_MS = 15_000;
const SHARES = [0.5, 0.95, 0.99] as const;

const quick = process.argv.includes('--quick');
const rounds = quick ? 1 : 5;
const seconds = quick ? 15 : 20;

/** What the backlog alone costs. */
interface Cost {
  readonly handedBackPerSecond: number;
  readonly serverMs: number;
  readonly workerMs: number;
}

interface Round {
  /** From the start of a run to the call of its agent, in milliseconds. */
  readonly undisturbed: readonly number[];
  readonly disturbed: readonly number[];
  /** How long permits of the slow agent were free. */
  readonly gaps: readonly number[];
  readonly cost: Cost;
}

async function main(): Promise<void> {
  const cli = await findTemporalCli({ env: process.env, onProgress: ({ message }) => say(message) });
  const measured: Round[] = [];
  const loads: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`);
    loads.push(loadavg()[0] ?? 0);
    measured.push(await measureRound(cli.path));
  }
  const pairs = SHARES.map((share): Pairs => ({
    ours: measured.map(({ disturbed }) => percentile(disturbed, share)),
    theirs: measured.map(({ undisturbed }) => percentile(undisturbed, share)),
  }));
  const text = report(measured, pairs, loads, machine(cli.version));
  process.stdout.write(`\n${text}`);
  if (!quick) {
    mkdirSync('docs/benchmarks', { recursive: true });
    writeFileSync(REPORT, text);
  }
  if (ratioOf(pairs.at(-1)) > MOST_RATIO) process.exitCode = 1;
}

/** One round on a server of its own, so that no round has the histories of another. */
async function measureRound(cliPath: string): Promise<Round> {
  const server = await startDevServer({ cliPath, headless: true });
  const slow = createSlowAgent(CALL_MS);
  const stack = await startIsolationStack(server.address, SLOTS, {
    slow: { agent: slow, concurrency: CONCURRENCY },
  });
  try {
    await measure(stack, 4); // warms up
    const undisturbed = await measure(stack, seconds);
    const backlog: string[] = [];
    await atOnce(BACKLOG, 16, async () => {
      backlog.push(await stack.start(undefined, 'slow'));
    });
    await sleep(SETTLE_MS);
    const cost = await measureCost(stack, slow.calls, server.pid);
    const disturbed = await measure(stack, seconds);
    await atOnce(BACKLOG, 16, async () => {
      await stack.cancel(backlog.pop() ?? '').catch(() => undefined);
    });
    return { undisturbed, disturbed, gaps: slow.gaps, cost };
  } finally {
    await stack.stop();
    await server.stop();
  }
}

/** Runs of the other agent, which answers at once. */
async function measure(stack: IsolationStack, forSeconds: number): Promise<number[]> {
  const ids: string[] = [];
  await atRate(PER_SECOND, forSeconds, async () => {
    ids.push(await stack.start(undefined));
  });
  const isMissing = (id: string): boolean => stack.times.get(id)?.agentAt === undefined;
  const end = performance.now() + GIVE_UP_MS;
  while (ids.some(isMissing) && performance.now() < end) await sleep(50);
  return ids.map((id) => {
    const { startedAt = 0, agentAt } = stack.times.get(id) ?? {};
    return agentAt === undefined ? GIVE_UP_MS : agentAt - startedAt;
  });
}

async function measureCost(stack: IsolationStack, calls: () => number, serverPid: number): Promise<Cost> {
  const read = (): number[] => [stack.attempts() - calls(), cpuMs(serverPid), cpuMs(process.pid)];
  const before = read();
  await sleep(seconds * 1000);
  const [handedBack = 0, serverMs = 0, workerMs = 0] = read().map(
    (value, index) => (value - (before[index] ?? 0)) / seconds,
  );
  return { handedBackPerSecond: handedBack, serverMs, workerMs };
}

function ratioOf(pairs: Pairs | undefined): number {
  return median(pairs?.ours.map((value, index) => value / (pairs.theirs[index] ?? NaN)) ?? []);
}

function report(measured: readonly Round[], pairs: readonly Pairs[], loads: readonly number[], where: string): string {
  const gaps = measured.flatMap((round) => round.gaps);
  const cost = (what: keyof Cost): string => median(measured.map((round) => round.cost[what])).toFixed(1);
  const rows = SHARES.map((share, index) => ({
    what: `called after, p${share * 100} ms`,
    pairs: pairs[index] ?? { ours: [], theirs: [] },
  }));
  return `# One agent's backlog beside another agent

Written by \`npm run bench:agents\`, ${rounds} rounds on a server each. One process runs worker and client with ${SLOTS} activity slots.
${PER_SECOND} runs a second, for ${seconds} s, are for an agent that answers at once, and these are measured: first undisturbed, then while ${BACKLOG} tasks
wait for another agent, which works on ${CONCURRENCY} at once for ${CALL_MS / 1000} s each. Measured is the time from the start of a run to the call of its agent.

${table(['with the backlog', 'undisturbed'], rows)}

- p99 with the backlog to undisturbed: **${ratioOf(pairs.at(-1)).toFixed(2)}** times at the median of the rounds; more than ${MOST_RATIO} fails.
- A permit of the slow agent that became free was used again after ${percentile(gaps, 0.5).toFixed(0)} ms at the median, ${percentile(gaps, 0.95).toFixed(0)} ms at p95 and ${percentile(gaps, 1).toFixed(0)} ms at most (${gaps.length} permits).
- The backlog alone: ${cost('handedBackPerSecond')} tasks a second were handed back to Temporal, or called. The dev server used ${cost('serverMs')} ms of CPU a second, the
  worker's process ${cost('workerMs')} ms.
- Load average of the machine before each round: ${loads.map((load) => load.toFixed(1)).join(', ')}. It should be below 1.

${where}
`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

await main();
