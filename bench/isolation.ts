/**
 * Measures whether receivers that never answer slow anybody else: `npm run bench:isolation`, with `-- --quick` a tenth of
 * it. Writes docs/benchmarks/isolation.md. Exit code 1: deliveries or agent runs were slowed by more than half.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../src/cli/temporal-server/start-dev-server.ts';
import { type BenchReceiver, startHanging, startHealthy, startTrickling } from './isolation-receivers.ts';
import { type IsolationStack, startIsolationStack } from './isolation-stack.ts';
import { atOnce, atRate, percentile } from './measure.ts';
import { machine } from './report.ts';

const REPORT = 'docs/benchmarks/isolation.md';
const SLOTS = 100;
const PER_SECOND = 8;
const MOST_RATIO = 1.5;
/** Every tenth goes to the receiver that trickles. */
const TRICKLING = 10;
const FLOOD_AT_ONCE = 24;
const FLOOD_MS = 75_000;
/** The last ones that were taken in have had their first turn by then. */
const SETTLE_MS = 5000;
/** A run that is not told of by then counts with this. */
const GIVE_UP_MS = 15_000;

const quick = process.argv.includes('--quick');
const wanted = quick ? 500 : 5000;
const seconds = quick ? 12 : 25;

/** Latencies of steady runs, in milliseconds. */
interface Measured {
  /** From the start of the run to the call of the agent. */
  readonly agent: number[];
  /** From the call of the agent, which answers at once, to the callback at its receiver. */
  readonly delivery: number[];
  readonly undelivered: number;
}

async function main(): Promise<void> {
  const cli = await findTemporalCli({ env: process.env, onProgress: ({ message }) => say(message) });
  const server = await startDevServer({ cliPath: cli.path, headless: true });
  const stack = await startIsolationStack(server.address, SLOTS);
  const healthy = await Promise.all([0, 1, 2].map(() => startHealthy((runId) => received(stack, runId))));
  const hanging = await startHanging();
  const trickling = await startTrickling();
  try {
    await measure(stack, healthy, 4); // warms up
    say(`undisturbed: ${PER_SECOND} runs/s for ${seconds} s`);
    const before = await measure(stack, healthy, seconds);
    say(`up to ${wanted} runs to receivers that never answer`);
    const began = performance.now();
    const meanwhile = measure(stack, healthy, quick ? 5 : 20);
    const flooded = await flood(stack, hanging, trickling);
    const floodSeconds = (performance.now() - began) / 1000;
    const during = await meanwhile;
    await sleep(SETTLE_MS);
    const parkedBefore = stack.parked();
    say(`disturbed: ${PER_SECOND} runs/s for ${seconds} s, with ${flooded} runs that wait for those receivers`);
    const after = await measure(stack, healthy, seconds);
    const turns = (stack.parked() - parkedBefore) / seconds;
    const facts = {
      flooded,
      floodSeconds,
      requests: hanging.count() + trickling.count(),
      parked: stack.parked(),
      turns,
    };
    const good = [ratio(before, after, 'delivery'), ratio(before, after, 'agent')].every((one) => one <= MOST_RATIO);
    const text = report({ before, during, after }, facts, machine(cli.version));
    process.stdout.write(`\n${text}`);
    if (!quick) {
      mkdirSync('docs/benchmarks', { recursive: true });
      writeFileSync(REPORT, text);
    }
    if (!good || after.undelivered > 0) process.exitCode = 1;
  } finally {
    for (const receiver of [...healthy, hanging, trickling]) receiver.close();
    await stack.stop();
    await server.stop();
  }
}

function received(stack: IsolationStack, runId: string): void {
  const known = stack.times.get(runId);
  if (known !== undefined) known.receivedAt ??= performance.now();
}

async function measure(
  stack: IsolationStack,
  healthy: readonly BenchReceiver[],
  forSeconds: number,
): Promise<Measured> {
  const ids: string[] = [];
  let turn = 0;
  await atRate(PER_SECOND, forSeconds, async () => {
    turn += 1;
    ids.push(await stack.start(healthy[turn % healthy.length]?.url ?? ''));
  });
  const isMissing = (id: string): boolean => stack.times.get(id)?.receivedAt === undefined;
  const end = performance.now() + GIVE_UP_MS;
  while (ids.some(isMissing) && performance.now() < end) await sleep(50);
  const times = ids.flatMap((id) => stack.times.get(id) ?? []);
  return {
    agent: times.map(({ startedAt, agentAt }) => (agentAt === undefined ? GIVE_UP_MS : agentAt - startedAt)),
    delivery: times.map(({ agentAt, receivedAt }) =>
      agentAt === undefined || receivedAt === undefined ? GIVE_UP_MS : receivedAt - agentAt,
    ),
    undelivered: ids.filter(isMissing).length,
  };
}

/** As many as the machine takes in the time. */
async function flood(stack: IsolationStack, hanging: BenchReceiver, trickling: BenchReceiver): Promise<number> {
  const end = performance.now() + FLOOD_MS;
  let started = 0;
  await atOnce(wanted, FLOOD_AT_ONCE, async (index) => {
    if (performance.now() > end) return;
    const id = await stack.start(index % TRICKLING === 0 ? trickling.url : hanging.url);
    started += 1;
    // Without it a queue would build up before the agent, and the machine be measured instead.
    while (stack.times.get(id)?.agentAt === undefined) await sleep(10);
  });
  return started;
}

function ratio(before: Measured, after: Measured, what: 'agent' | 'delivery'): number {
  return percentile(after[what], 0.99) / percentile(before[what], 0.99);
}

interface Facts {
  readonly flooded: number;
  readonly floodSeconds: number;
  readonly requests: number;
  readonly parked: number;
  /** Parked attempts a second in the disturbed time. */
  readonly turns: number;
}

function report(
  { before, during, after }: Record<'before' | 'during' | 'after', Measured>,
  facts: Facts,
  where: string,
): string {
  const cells = (values: readonly number[]): string =>
    [0.5, 0.95, 0.99].map((share) => percentile(values, share).toFixed(0)).join(' | ');
  const row = (name: string, measured: Measured): string =>
    `| ${name} | ${cells(measured.delivery)} | ${cells(measured.agent)} | ${measured.undelivered} |`;
  const both = (['delivery', 'agent'] as const).map((what) => ratio(before, after, what).toFixed(2));
  return `# Isolation

Written by \`npm run bench:isolation\`. One process runs worker and client with ${SLOTS} activity slots; ${PER_SECOND} runs a
second go to three healthy receivers. ${facts.flooded} runs more go to a receiver that takes connections and never answers, every
${TRICKLING}th to one that answers a byte a second. A try may take 3 s.

| milliseconds | delivery p50 | p95 | p99 | agent called p50 | p95 | p99 | undelivered |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${row('undisturbed', before)}
${row('while those runs are taken in', during)}
${row('while they wait and are tried', after)}

- p99 against undisturbed, the last line to the first: **${both[0]}** for deliveries, **${both[1]}** for agents; more than ${MOST_RATIO} fails.
- Delivery: from the agent's answer to the receiver. Agent called: from the start of the run.
- While they are taken in the machine is full of starting runs, ${(facts.flooded / facts.floodSeconds).toFixed(0)} a second, which that line shows as well.
- The slow receivers had ${facts.requests} requests. ${facts.parked} attempts gave their slot back until their turn, ${facts.turns.toFixed(1)} a second in the last line's time.

${where}
`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

await main();
