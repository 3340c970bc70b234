import { atOnce, atRate, cpuMs, median, percentile, residentMiB } from './measure.ts';
import type { Peer } from './peer.ts';
import type { MinimalProcess, OurProcess } from './processes.ts';
import type { Scale } from './scale.ts';

const TEXT = 'Summarise why deployment 4312 failed';
const CONCURRENCY = 32;
const RATE = 5;

/** One thing that was measured on both sides, a value a round. */
export interface Pairs {
  readonly ours: number[];
  readonly theirs: number[];
}

/** Accepted webhooks against bare starts with the same text and concurrency. */
export interface StartFigures {
  readonly perSecond: Pairs;
  readonly p50: Pairs;
  readonly p99: Pairs;
}

/** Alternates webhooks to an ingress, with bare starts; no worker takes either. */
export async function compareStarts(ingress: OurProcess, minimal: MinimalProcess, scale: Scale): Promise<StartFigures> {
  const figures: StartFigures = { perSecond: pairs(), p50: pairs(), p99: pairs() };
  const note = (side: keyof Pairs, took: readonly number[], elapsedMs: number): void => {
    figures.perSecond[side].push((took.length * 1000) / elapsedMs);
    figures.p50[side].push(median(took));
    figures.p99[side].push(percentile(took, 0.99));
  };
  await atOnce(50, CONCURRENCY, async () => void (await ingress.post({ text: TEXT })));
  for (let round = 0; round < scale.rounds; round += 1) {
    let began = performance.now();
    const ours = await atOnce(scale.starts, CONCURRENCY, async () => void (await ingress.post({ text: TEXT })));
    note('ours', ours, performance.now() - began);
    began = performance.now();
    const order = { do: 'start', count: scale.starts, concurrency: CONCURRENCY, text: TEXT } as const;
    note('theirs', await minimal.order(order), performance.now() - began);
  }
  return figures;
}

/** Whole runs, from the webhook to the callback, against the minimal workflow from its start to its result. */
export interface RunFigures {
  readonly perSecond: Pairs;
  readonly engineCpuMs: Pairs;
  readonly processCpuMs: Pairs;
  readonly latencyP50: Pairs;
}

export interface RunSides {
  readonly ours: OurProcess;
  readonly peer: Peer;
  readonly minimal: MinimalProcess;
  readonly ourEngine: number;
  readonly theirEngine: number;
}

/** Alternates both at 32 open, then at 5 a second. */
export async function compareRuns(sides: RunSides, scale: Scale): Promise<RunFigures> {
  const { ours, peer, minimal, ourEngine, theirEngine } = sides;
  const figures: RunFigures = {
    perSecond: pairs(),
    engineCpuMs: pairs(),
    processCpuMs: pairs(),
    latencyP50: pairs(),
  };
  const whole = async (): Promise<void> => {
    const id = await ours.post({ text: TEXT, callback_url: `${peer.url}/callback` });
    await peer.callbackOf(id);
  };
  const weigh = async (side: keyof Pairs, count: number, pids: [number, number], work: () => Promise<unknown>) => {
    const before = pids.map(cpuMs);
    const began = performance.now();
    await work();
    figures.perSecond[side].push((count * 1000) / (performance.now() - began));
    const used = pids.map((pid, index) => (cpuMs(pid) - (before[index] ?? 0)) / count);
    figures.engineCpuMs[side].push(used[0] ?? Number.NaN);
    figures.processCpuMs[side].push(used[1] ?? Number.NaN);
  };
  const closed = { do: 'closed', count: scale.runs, concurrency: CONCURRENCY } as const;
  const open = { do: 'open', perSecond: RATE, seconds: scale.latencySeconds } as const;
  await atOnce(50, CONCURRENCY, whole);
  await minimal.order({ ...closed, count: 50 });
  for (let round = 0; round < scale.rounds; round += 1) {
    await weigh('ours', scale.runs, [ourEngine, ours.pid], () => atOnce(scale.runs, CONCURRENCY, whole));
    await weigh('theirs', scale.runs, [theirEngine, minimal.pid], () => minimal.order(closed));
    figures.latencyP50.ours.push(median(await atRate(RATE, scale.latencySeconds, whole)));
    figures.latencyP50.theirs.push(median(await minimal.order(open)));
  }
  return figures;
}

/** Latency of the 202 while slow agents work, and the memory of a process with many open runs. */
export async function measureLoad(
  ours: OurProcess,
  peer: Peer,
  scale: Scale,
): Promise<{ idle: number[]; loaded: number[]; memoryMiB: number; openRuns: number }> {
  const one = async (): Promise<void> => void (await ours.post({ text: TEXT }));
  const idle = await atRate(20, scale.latencySeconds, one);
  peer.setAgentDelay(600_000);
  await atOnce(scale.slowRuns, CONCURRENCY, one);
  const loaded = await atRate(20, scale.latencySeconds, one);
  const already = scale.slowRuns + loaded.length;
  await atOnce(Math.max(0, scale.openRuns - already), CONCURRENCY, one);
  return { idle, loaded, memoryMiB: residentMiB(ours.pid), openRuns: Math.max(scale.openRuns, already) };
}

function pairs(): Pairs {
  return { ours: [], theirs: [] };
}
