/**
 * Measures whether receivers that never answer slow anybody else: `npm run bench:isolation`, 6 minutes, with `-- --quick` one.
 * Writes docs/benchmarks/isolation.md. Exit code 1: deliveries or agent runs were slowed by more than half.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../src/cli/temporal-server/start-dev-server.ts';
import { type BenchReceiver, startHanging, startHealthy, startTrickling } from './isolation-receivers.ts';
import { type IsolationStack, startIsolationStack } from './isolation-stack.ts';
import { atRate } from './measure.ts';
import { isHeld, type Measured, PLAN, renderIsolation } from './render-isolation.ts';
import { machine } from './report.ts';
import { watchStalls } from './stalls.ts';

const REPORT = 'docs/benchmarks/isolation.md';
/** Every tenth goes to the receiver that trickles. */
const TRICKLING = 10;
/** The last ones that were taken in have had their first turn by then. */
const SETTLE_MS = 5000;
/** A run that is not told of by then counts with this. */
const GIVE_UP_MS = 15_000;

const quick = process.argv.includes('--quick');
const wanted = quick ? 500 : 5000;
const seconds = quick ? 3 : 15;
const intakeComparedSeconds = quick ? 12 : 30;

async function main(): Promise<void> {
  const cli = await findTemporalCli({ env: process.env, onProgress: ({ message }) => say(message) });
  const server = await startDevServer({ cliPath: cli.path, headless: true });
  const stack = await startIsolationStack(server.address, PLAN.slots);
  const healthy = await Promise.all([0, 1, 2].map(() => startHealthy((runId) => received(stack, runId))));
  const hanging = await startHanging();
  const trickling = await startTrickling();
  try {
    await measure(stack, healthy, 4); // warms up
    say(`undisturbed: ${PLAN.perSecond} runs/s for ${PLAN.windows} times ${seconds} s`);
    const before = await measureWindows(stack, healthy);
    say(`${PLAN.intakePerSecond} more a second to healthy receivers, for ${intakeComparedSeconds} s`);
    const [compared] = await Promise.all([
      measure(stack, healthy, intakeComparedSeconds),
      takeIn(stack, healthy, intakeComparedSeconds),
    ]);
    const intakeSeconds = Math.ceil(wanted / PLAN.intakePerSecond);
    say(`${PLAN.intakePerSecond} more a second to receivers that never answer, for ${intakeSeconds} s`);
    const slow = Array.from({ length: TRICKLING }, (_, index) => (index === 0 ? trickling : hanging));
    const began = performance.now();
    const [during] = await Promise.all([measure(stack, healthy, intakeSeconds), takeIn(stack, slow, intakeSeconds)]);
    const tookSeconds = (performance.now() - began) / 1000;
    const slowRuns = intakeSeconds * PLAN.intakePerSecond;
    await sleep(SETTLE_MS);
    const parkedBefore = stack.parked();
    say(
      `disturbed: ${PLAN.perSecond} runs/s for ${PLAN.windows} times ${seconds} s, with ${slowRuns} runs that wait for those receivers`,
    );
    const disturbedAt = performance.now();
    const after = await measureWindows(stack, healthy);
    const turns = (1000 * (stack.parked() - parkedBefore)) / (performance.now() - disturbedAt);
    const facts = {
      slowRuns,
      tookSeconds,
      waiting: slowRuns - stack.died(),
      requests: hanging.count() + trickling.count(),
      parked: stack.parked(),
      turns,
    };
    const phases = { before, compared, during, after };
    const text = renderIsolation(phases, facts, seconds, machine(cli.version));
    process.stdout.write(`\n${text}`);
    if (!quick) {
      mkdirSync('docs/benchmarks', { recursive: true });
      writeFileSync(REPORT, text);
    }
    if (!isHeld(phases) || after.some(({ undelivered }) => undelivered > 0)) process.exitCode = 1;
  } finally {
    for (const receiver of [...healthy, hanging, trickling]) receiver.close();
    await stack.stop();
    await server.stop();
  }
}

async function measureWindows(stack: IsolationStack, healthy: readonly BenchReceiver[]): Promise<Measured[]> {
  const windows: Measured[] = [];
  for (let window = 0; window < PLAN.windows; window += 1) windows.push(await measure(stack, healthy, seconds));
  return windows;
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
  const watch = watchStalls();
  await atRate(PLAN.perSecond, forSeconds, async () => {
    turn += 1;
    ids.push(await stack.start(healthy[turn % healthy.length]?.url ?? ''));
  });
  const isMissing = (id: string): boolean => stack.times.get(id)?.receivedAt === undefined;
  const end = performance.now() + GIVE_UP_MS;
  while (ids.some(isMissing) && performance.now() < end) await sleep(50);
  const times = ids.flatMap((id) => stack.times.get(id) ?? []);
  return {
    stalls: watch.end(),
    start: times.map(({ startedAt, recordedAt }) => (recordedAt ?? Number.NaN) - startedAt),
    agent: times.map(({ startedAt, agentAt }) => (agentAt === undefined ? GIVE_UP_MS : agentAt - startedAt)),
    delivery: times.map(({ agentAt, receivedAt }) =>
      agentAt === undefined || receivedAt === undefined ? GIVE_UP_MS : receivedAt - agentAt,
    ),
    undelivered: ids.filter(isMissing).length,
  };
}

/** Takes in runs at their rate; resolves when all of them are through their agent. */
async function takeIn(stack: IsolationStack, receivers: readonly BenchReceiver[], forSeconds: number): Promise<void> {
  let turn = 0;
  await atRate(PLAN.intakePerSecond, forSeconds, async () => {
    const id = await stack.start(receivers[turn++ % receivers.length]?.url ?? '');
    while (stack.times.get(id)?.agentAt === undefined) await sleep(10);
  });
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

await main();
