/**
 * What happens when ten times as much comes as can be recorded: `npm run bench:overload`. Loopback only, under 90
 * seconds. Prints a table and writes docs/benchmarks/overload.md; exit code 1 when a promise of the page does not hold.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, setPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { format, resolveConfig } from 'prettier';
import { joinLoads, judgeLoad, type LoadFigures, percentiles } from './overload/judge-load.ts';
import { renderReport, type Memory, type Promises } from './overload/render-report.ts';
import { type Load, LoadSender } from './overload/send-load.ts';
import { type BenchProcess, startProcess } from './overload/start-process.ts';

const PAGE = 'docs/benchmarks/overload.md';
const CLIENTS = 4;
const AT_ONCE = 64;
const WARM_UP_MS = 4000;
/** Overload between two sustained loads each time: the machine's speed drifts, and the database grows. */
const ROUNDS = 3;
const SUSTAINED_MS = 6000;
const OVERLOAD_MS = 9000;
const TIMES = 10;
const SAMPLE_MS = 500;
const PAUSE_MS = 2000;
const SENDER_PRIORITY = 10;

async function measure(process_: BenchProcess, sender: LoadSender): Promise<void> {
  await sender.keepBusy(AT_ONCE, WARM_UP_MS);
  const calm: Load[] = [];
  const crowded: Load[] = [];
  const samples: number[] = [];
  const sample = (): void => {
    void process_.memory().then(
      (mebibytes) => samples.push(mebibytes),
      () => undefined,
    );
  };
  calm.push(await sender.keepBusy(AT_ONCE, SUSTAINED_MS));
  for (let round = 0; round < ROUNDS; round += 1) {
    const sampling = setInterval(sample, SAMPLE_MS);
    crowded.push(await sender.offer(Math.round(acceptedOf(calm[round]) * TIMES), OVERLOAD_MS));
    clearInterval(sampling);
    await sleep(PAUSE_MS);
    calm.push(await sender.keepBusy(AT_ONCE, SUSTAINED_MS));
  }
  const [sustained, overload] = [judgeLoad(joinLoads(calm)), judgeLoad(joinLoads(crowded))];
  const ratios = crowded.map(
    (load, round) => (2 * acceptedOf(load)) / (acceptedOf(calm[round]) + acceptedOf(calm[round + 1])),
  );
  const memory = toMemory(samples);
  const promises = judge(ratios, overload, memory);
  const report = renderReport({
    sustained,
    overload,
    ratios,
    memory,
    promises,
    heldBack: joinLoads(crowded).heldBack,
    atOnce: AT_ONCE,
    clients: CLIENTS,
    rounds: ROUNDS,
    seconds: OVERLOAD_MS / 1000,
    temporalVersion: process_.temporalVersion,
    loadBefore,
  });
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, await format(report.page, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
  process.stdout.write(`${report.table}\n\nwrote ${PAGE}\n`);
  if (Object.values(promises).includes(false)) process.exitCode = 1;
}

/** Medians of the first and the last quarter: a single sample depends on when garbage was collected. */
function toMemory(samples: readonly number[]): Memory {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const middle = (values: readonly number[]): number =>
    values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    first: middle(samples.slice(0, quarter)),
    last: middle(samples.slice(-quarter)),
    most: Math.max(...samples),
  };
}

function acceptedOf(load: Load | undefined): number {
  return load === undefined ? Number.NaN : judgeLoad(load).acceptedPerSecond;
}

function judge(ratios: readonly number[], overload: LoadFigures, memory: Memory): Promises {
  return {
    goodput: percentiles(ratios).p50 >= 0.9,
    quickRefusals: overload.refused.max < 1000,
    flatMemory: memory.last <= memory.first * 1.15,
    nothingBroken: overload.broken === 0,
  };
}

/** What others do on this machine. */
const loadBefore = loadavg()[0] ?? Number.NaN;
const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-overload-'));
try {
  const secrets = Array.from({ length: CLIENTS }, () => randomBytes(20).toString('hex'));
  const started = await startProcess(folder, secrets);
  const sender = new LoadSender(
    started.url,
    secrets.map((secret) => ({ secret })),
  );
  // After the others were started, which would inherit it: who sends would have a machine of its own.
  setPriority(SENDER_PRIORITY);
  try {
    await measure(started, sender);
  } finally {
    sender.close();
    await started.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
