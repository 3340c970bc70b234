import { alternate } from './alternate.ts';
import { median } from './measure.ts';
import { newPairs, type Pairs } from './pairs.ts';
import { cpuMs } from './process-usage.ts';
import type { RunSide } from './run-side.ts';
import type { Scale } from './scale.ts';
import { CONCURRENCY, RATE } from './workload.ts';

/** Whole runs of both sides. CPU and latencies are in milliseconds. */
export interface RunFigures {
  readonly perSecond: Pairs;
  readonly latencyP50: Pairs;
  /** Per run, at full speed. */
  readonly engineCpuMs: Pairs;
  readonly processCpuMs: Pairs;
  /** Of this process, which is sender, agent and receiver of ours, and idle for the other. */
  readonly outsideCpuMs: Pairs;
}

/** Alternates both at 32 open, then at 5 a second. */
export async function compareRuns(
  sides: Readonly<Record<keyof Pairs, RunSide>>,
  rounds: number,
  scale: Scale,
): Promise<RunFigures> {
  const figures: RunFigures = {
    perSecond: newPairs(),
    latencyP50: newPairs(),
    engineCpuMs: newPairs(),
    processCpuMs: newPairs(),
    outsideCpuMs: newPairs(),
  };
  await alternate(1, async (side) => void (await sides[side].closed(scale.warmUp, CONCURRENCY)));
  await alternate(rounds, async (side) => {
    const { server, pid, closed } = sides[side];
    const before = { engine: server.cpuMs(), process: cpuMs(pid), outside: cpuMs(process.pid) };
    const began = performance.now();
    await closed(scale.runs, CONCURRENCY);
    figures.perSecond[side].push((scale.runs * 1000) / (performance.now() - began));
    figures.engineCpuMs[side].push((server.cpuMs() - before.engine) / scale.runs);
    figures.processCpuMs[side].push((cpuMs(pid) - before.process) / scale.runs);
    figures.outsideCpuMs[side].push((cpuMs(process.pid) - before.outside) / scale.runs);
  });
  await alternate(rounds, async (side) => {
    figures.latencyP50[side].push(median(await sides[side].open(RATE, scale.latencySeconds)));
  });
  return figures;
}
