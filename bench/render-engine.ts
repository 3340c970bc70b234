import { cpus } from 'node:os';
import type { RunFigures } from './compare-runs.ts';
import type { StartFigures } from './compare-starts.ts';
import type { CallsPerRun } from './frontend-calls.ts';
import type { EngineFigures } from './measure-engine.ts';
import { median } from './measure.ts';
import { medianDifference } from './pairs.ts';
import { type Row, table } from './report.ts';
import type { RunCosts } from './run-cost.ts';
import type { Scale } from './scale.ts';
import { CONCURRENCY, RATE } from './workload.ts';

/** What was measured on one engine, as Markdown. */
export function renderEngine(figures: EngineFigures, scale: Scale, bareHttpMs: number): string {
  const { name, about, equal, alike, floor, shipped, costs, starts, idle, bareIngress, loaded, openRuns } = figures;
  const parts = [
    `## ${name}`,
    `${about}.`,
    '### Whole runs, equal settings',
    `All of these take turns in the same ${scale.rounds} rounds of ${scale.runs} runs at ${CONCURRENCY} open, then of ${scale.latencySeconds} s at ${RATE} a second. Here against the minimal workflow on the same server, started as ours are:`,
    runTable(['ours', 'minimal'], equal),
    `What the process of ours uses more is: three HTTP exchanges (webhook in, agent out, callback out; a bare Node process needs ${bareHttpMs.toFixed(1)} ms for them), one signature checked and two made, the journal, a larger start (memo, search attributes, summary), and our own code in ingress, workflow and activities ([by module](benchmarks/process.md)). Its sender, agent and receiver take ${medianDifference(equal.outsideCpuMs).toFixed(1)} ms a run more, of the same processors: how many runs a second end is decided by the sum of all.`,
    '### Whole runs, like for like',
    `Against a process written by hand with Koa and the SDK alone, which takes the same webhook, asks the same agent and posts the same callback, started as ours is. It checks and makes no signature, and a crash may lose or repeat what it does:`,
    runTable(['ours', 'by hand'], alike),
    '### What bounds it',
    boundOf(figures),
    runTable(['ours', 'empty'], floor),
  ];
  if (shipped !== undefined) {
    parts.push(
      '### Whole runs, against a server as shipped',
      `Against the minimal workflow by the SDK's defaults, on a Temporal server with its own defaults:`,
      runTable(['ours', 'minimal, as shipped'], shipped),
    );
  }
  parts.push(
    '### What a run costs the server',
    `A run has ${costs.events} history events and ${costs.writes} writes of state. gRPC calls of the frontend for each run:`,
    callTable(costs),
    '### Accepted webhooks',
    `An ingress of its own against bare \`client.workflow.start\` from a process of its own, nobody taking the runs. The sender of the webhooks shares the machine's processors. ${CONCURRENCY} at once, the bare starts with the same payload (input, memo, search attributes, summary):`,
    startTable(['webhooks', 'bare starts'], starts.same),
    'What bounds it: an ingress of Koa that reads the JSON and makes the same start, and does nothing else, in the same turns. What ours has less is its [limit of starts under way](decisions/0022-few-starts-at-once.md), which keeps a flood from stopping the runs, and all that it checks:',
    startTable(['bare ingress', 'bare starts'], bareIngress.starts),
    'The same, where the bare starts carry the text alone:',
    startTable(['webhooks', 'bare starts'], starts.text),
    `One at a time, in turn and with the same payload, idle and while ${scale.slowRuns} slow agents are at work in another process of ours. The bare ingress, in the same turns, answers ${medianDifference(bareIngress.idle.p50).toFixed(1)} ms after a bare start would, so that what ours does takes ${(medianDifference(idle.p50) - medianDifference(bareIngress.idle.p50)).toFixed(1)} ms:`,
    table(
      ['202', 'bare start'],
      [
        { what: 'idle, p50 ms', pairs: idle.p50 },
        { what: 'idle, p99 ms', pairs: idle.p99 },
        { what: 'slow agents, p50 ms', pairs: loaded.p50 },
        { what: 'slow agents, p99 ms', pairs: loaded.p99 },
      ],
      'difference',
    ),
  );
  if (openRuns !== undefined) {
    const { ingressMiB, workerMiB, workerReadyMs } = openRuns;
    const memory = ({ before, after }: typeof ingressMiB): string =>
      `${after.toFixed(0)} MiB resident (${before.toFixed(0)} at its start)`;
    parts.push(
      '### Memory and start-up',
      `With ${openRuns.openRuns} runs open, taken in ${CONCURRENCY} at once: the ingress has ${memory(ingressMiB)}, the worker ${memory(workerMiB)}. A worker is ready ${(workerReadyMs / 1000).toFixed(1)} s after its process is started.`,
    );
  }
  return parts.join('\n\n');
}

/** Why a run can't cost a fraction of the minimal workflow, by what the same rounds measured of one that does nothing. */
function boundOf({ equal, alike, floor }: EngineFigures): string {
  const engine = { minimal: median(equal.engineCpuMs.theirs), empty: median(floor.engineCpuMs.theirs) };
  const cores = cpus().length;
  const all = (figures: RunFigures, side: 'ours' | 'theirs'): number =>
    ['engineCpuMs', 'processCpuMs', 'outsideCpuMs']
      .map((what) => median(figures[what as 'engineCpuMs'][side]))
      .reduce((sum, one) => sum + one, 0);
  const byHand = all(equal, 'ours') - median(equal.processCpuMs.ours) + median(alike.processCpuMs.theirs);
  const rate = (ms: number): string => ((cores * 1000) / ms).toFixed(0);
  return `Against a workflow of the minimal process that ends in its first workflow task, in 5 events and without an activity. Whatever a run does, it pays as much: a start, three records of its visibility (started, after the first workflow task, closed; a run of ours says at its start what the second one adds) and its end. That is ${((100 * engine.empty) / engine.minimal).toFixed(0)} % of what the engine spends on the minimal workflow, so that fewer events and writes save from the rest alone.

The processors are used up at ${CONCURRENCY} open, so that the sum decides: engine, process and those outside take ${all(equal, 'ours').toFixed(1)} ms of CPU for a run of ours and ${all(equal, 'theirs').toFixed(1)} ms for the minimal one, at which ${cores} processors end ${rate(all(equal, 'ours'))} and ${rate(all(equal, 'theirs'))} a second at best. With the process by hand in place of ours, and all else as it is, ours would come to ${(all(equal, 'theirs') / byHand).toFixed(2)} times the minimal workflow, which does no HTTP.`;
}

function startTable(heading: readonly [ours: string, theirs: string], { perSecond, p50, p99 }: StartFigures): string {
  return table(heading, [
    { what: 'per second', pairs: perSecond, digits: 0 },
    { what: 'p50, ms', pairs: p50 },
    { what: 'p99, ms', pairs: p99 },
  ]);
}

/** @param withEngine whether the server runs here, so that its CPU is known */
export function runTable(
  heading: readonly [ours: string, theirs: string],
  figures: RunFigures,
  { withEngine = true }: { readonly withEngine?: boolean } = {},
): string {
  const engine: Row = { what: 'CPU of the engine, ms per run', pairs: figures.engineCpuMs };
  return table(heading, [
    { what: `runs per second at ${CONCURRENCY} open`, pairs: figures.perSecond },
    { what: `end to end at ${RATE}/s, p50 ms`, pairs: figures.latencyP50 },
    ...(withEngine ? [engine] : []),
    { what: 'CPU of the process, ms per run', pairs: figures.processCpuMs },
  ]);
}

function callTable({ ours, theirs }: RunCosts): string {
  const line = (what: string, one: number, other: number): string =>
    `| ${what} | ${one.toFixed(1)} | ${other.toFixed(1)} |`;
  const sum = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((all, each) => all + each, 0);
  const lines = (kind: keyof CallsPerRun): string[] =>
    [...new Set([...ours[kind].keys(), ...theirs[kind].keys()])]
      .toSorted()
      .map((name) => [name, ours[kind].get(name) ?? 0, theirs[kind].get(name) ?? 0] as const)
      // Now and then a process asks for something by itself.
      .filter(([, one, other]) => Math.max(one, other) >= 0.1)
      .map(([name, one, other]) => line(name, one, other));
  return [
    '| calls | ours | minimal |',
    '| --- | ---: | ---: |',
    ...lines('calls'),
    line('**all but long polls**', sum(ours.calls), sum(theirs.calls)),
    ...lines('longPolls'),
    line('**long polls**', sum(ours.longPolls), sum(theirs.longPolls)),
  ].join('\n');
}
