import { setTimeout as sleep } from 'node:timers/promises';
import { joinLoads, judgeLoad, type LoadFigures } from './judge-load.ts';
import { type Load, LoadSender } from './send-load.ts';
import { type BenchPlan, startProcess } from './start-process.ts';

/** Resident memory of the ingress in MiB while it was overloaded. */
export interface Memory {
  readonly first: number;
  readonly last: number;
  readonly most: number;
}

/** What an ingress takes in that has nothing else to do. */
export interface Taking {
  readonly sustained: LoadFigures;
  readonly overload: LoadFigures;
  /** Accepted under overload by sustained, round by round. */
  readonly ratios: readonly number[];
  readonly memory: Memory;
  readonly heldBack: number;
  readonly temporalVersion: string;
}

export const CLIENTS = 4;
export const AT_ONCE = 64;
/** Overload between two sustained loads each time: the machine's speed drifts, and the database grows. */
export const TAKING = { rounds: 5, overloadMs: 9000, warmUpMs: 4000, sustainedMs: 6000 };
export const QUICK_TAKING: typeof TAKING = { rounds: 1, overloadMs: 2000, warmUpMs: 1000, sustainedMs: 1500 };
const TIMES = 10;
const SAMPLE_MS = 500;
const PAUSE_MS = 2000;

/** Offers ten times as much as can be recorded. No worker runs. */
export async function measureTaking(
  plan: Omit<BenchPlan, 'commands'>,
  { rounds, overloadMs, warmUpMs, sustainedMs }: typeof TAKING,
): Promise<Taking> {
  const started = await startProcess({ ...plan, commands: ['ingress'] });
  const sender = new LoadSender(started.url, plan.secrets);
  const calm: Load[] = [];
  const crowded: Load[] = [];
  const samples: number[] = [];
  const sample = (): void => {
    void started.memory().then(
      (mebibytes) => samples.push(mebibytes),
      () => undefined,
    );
  };
  try {
    await sender.keepBusy(AT_ONCE, warmUpMs);
    calm.push(await sender.keepBusy(AT_ONCE, sustainedMs));
    for (let round = 0; round < rounds; round += 1) {
      const sampling = setInterval(sample, SAMPLE_MS);
      crowded.push(await sender.offer(Math.round(acceptedOf(calm[round]) * TIMES), overloadMs));
      clearInterval(sampling);
      await sleep(PAUSE_MS);
      calm.push(await sender.keepBusy(AT_ONCE, sustainedMs));
    }
  } finally {
    sender.close();
    await started.stop();
  }
  const all = joinLoads(crowded);
  return {
    sustained: judgeLoad(joinLoads(calm)),
    overload: judgeLoad(all),
    ratios: crowded.map(
      (load, round) => (2 * acceptedOf(load)) / (acceptedOf(calm[round]) + acceptedOf(calm[round + 1])),
    ),
    memory: toMemory(samples),
    heldBack: all.heldBack,
    temporalVersion: started.temporalVersion,
  };
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
