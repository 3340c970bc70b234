import { alternate } from './alternate.ts';
import { median } from './measure.ts';
import type { Pairs } from './pairs.ts';
import { cpuMs } from './process-usage.ts';
import type { RunSide } from './run-side.ts';
import type { Scale } from './scale.ts';
import { CONCURRENCY, RATE } from './workload.ts';

/** What was measured of whole runs. CPU and latencies are in milliseconds. */
interface RunMeasures<Value> {
  readonly perSecond: Value;
  readonly latencyP50: Value;
  /** Per run, at full speed; NaN of a server elsewhere. */
  readonly engineCpuMs: Value;
  readonly processCpuMs: Value;
  /** Of this process, which is sender, agent and receiver of those that take webhooks, and idle for the others. */
  readonly outsideCpuMs: Value;
}

/** Whole runs of two sides. */
export type RunFigures = RunMeasures<Pairs>;

/** Whole runs of one side, a value a round. */
export type SideFigures = RunMeasures<number[]>;

/** Alternates all sides at 32 open, then at 5 a second. */
export async function compareRuns<Side extends string>(
  sides: Readonly<Record<Side, RunSide>>,
  scale: Scale,
): Promise<Record<Side, SideFigures>> {
  const names = Object.keys(sides) as Side[];
  const figures = Object.fromEntries(names.map((name) => [name, newFigures()])) as Record<Side, SideFigures>;
  await alternate(1, names, async (side) => void (await sides[side].closed(scale.warmUp, CONCURRENCY)));
  await alternate(scale.rounds, names, async (side) => {
    const { server, pid, closed } = sides[side];
    const before = { engine: server.cpuMs(), process: cpuMs(pid), outside: cpuMs(process.pid) };
    const began = performance.now();
    await closed(scale.runs, CONCURRENCY);
    figures[side].perSecond.push((scale.runs * 1000) / (performance.now() - began));
    figures[side].engineCpuMs.push((server.cpuMs() - before.engine) / scale.runs);
    figures[side].processCpuMs.push((cpuMs(pid) - before.process) / scale.runs);
    figures[side].outsideCpuMs.push((cpuMs(process.pid) - before.outside) / scale.runs);
  });
  await alternate(scale.rounds, names, async (side) => {
    figures[side].latencyP50.push(median(await sides[side].open(RATE, scale.latencySeconds)));
  });
  return figures;
}

function newFigures(): SideFigures {
  return { perSecond: [], latencyP50: [], engineCpuMs: [], processCpuMs: [], outsideCpuMs: [] };
}

/** Both sides of the same rounds. */
export function pairUp(ours: SideFigures, theirs: SideFigures): RunFigures {
  const pair = (what: keyof SideFigures): Pairs => ({ ours: ours[what], theirs: theirs[what] });
  return {
    perSecond: pair('perSecond'),
    latencyP50: pair('latencyP50'),
    engineCpuMs: pair('engineCpuMs'),
    processCpuMs: pair('processCpuMs'),
    outsideCpuMs: pair('outsideCpuMs'),
  };
}
