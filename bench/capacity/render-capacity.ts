import { markdownTable } from '../../scripts/docs/markdown-table.ts';
import { CONCURRENCY } from '../workload.ts';
import { drawCharts } from './draw-charts.ts';
import type { Capacity } from './measure-capacity.ts';
import type { Recovery } from './measure-recovery.ts';
import { highestHeld } from './step-load.ts';

/** One store on so many processors. */
export interface Measurement {
  readonly store: string;
  readonly cores: number;
  readonly capacity: Capacity;
}

interface Measured {
  readonly loads: readonly Measurement[];
  readonly recovery: Recovery;
  /** What could not be measured, and why. */
  readonly missing: readonly string[];
  /** Whether it was of a few samples alone. */
  readonly quick: boolean;
  readonly where: string;
}

const LOAD_IMAGE = 'docs/images/capacity-load.svg';
const RECOVERY_IMAGE = 'docs/images/capacity-recovery.svg';
/** Later ends are off the chart, so that the others can be told apart. */
const MOST_LATENCY_MS = 2000;
const BUCKET_SECONDS = 0.5;

/** The page, and its images by their paths. */
export function renderCapacity(measured: Measured): { page: string; images: Readonly<Record<string, string>> } {
  const { loads, recovery, missing, quick, where } = measured;
  const page = `<!-- Written by bench/capacity.ts: change the text there, and run \`npm run bench:capacity\` for the figures. -->

# Capacity

How many runs a second a machine completes, how to find it out for yours, and what to raise first.
${quick ? '\n**These figures are of a quick run on a busy machine, and say little.**\n' : ''}
## Runs a second

${capacityTable(loads)}

${missing.map((text) => `**Not measured:** ${text}.`).join('\n\n')}

Everything runs on these cores: Temporal, its database, ingress and worker in one process (\`start\`), and also sender, agent and receiver.
A run goes from a signed webhook to the callback at its receiver; the agent answers at once, because what it costs is yours. The last two
columns are what to plan with:

    cores = runs a second × (CPU of the process + CPU of Temporal and its database) ÷ 1000, and half of that again as reserve

An agent call that takes 30 s costs no more CPU than one of 30 ms: it waits. It takes a permit (\`concurrency\` of the agent) and a slot of the worker
for as long, so 10 runs a second of 30 s each need 300 of both.

Measured are ${[...new Set(loads.map(({ cores }) => cores))].toSorted((a, b) => a - b).join(' and ')} cores of one machine. Not measured are more cores, several machines, a managed database, and Temporal Cloud: measure yours, as below.

## Load

![Runs that end and how long they take, by how many come](images/capacity-load.svg)

Runs arrive at a fixed rate, whether those before have ended or not, and the rate rises until twice in a row less than 95 % of them end meanwhile. The time of a run counts from the
moment it is due. Beyond the bend, runs wait: in the ingress, which refuses with \`503\` and \`Retry-After\` what it can't record within a second
(this sender comes again, as yours should), and in Temporal. None is lost. What a storm does to the rate is measured in [overload](benchmarks/overload.md).

## A worker that dies

![Runs that end around a kill -9 of the worker](images/capacity-recovery.svg)

${recovery.perSecond} runs a second arrive at an ingress and a worker in a process each. At ${recovery.killedAt.toFixed(0)} s the worker is killed with \`kill -9\`, and started again at once, as Compose and
Kubernetes do; it was ready ${(recovery.readyAt - recovery.killedAt).toFixed(1)} s later. Every run ended, ${lateText(recovery)}. The ingress accepted throughout.
[Reliability](reliability.md) describes what happens in every other case.

## Find your own

Start a Temporal server as you will run it, run \`garudust-temporal setup\` once for its namespace, and from a checkout:

\`\`\`sh
npm run bench -- --against temporal.example.com:7233
\`\`\`

It measures whole runs beside a minimal workflow, and at rising rates until they wait, in about five minutes (\`--quick\`: one), and prints a short
report; \`--out report.md\` writes it as well. Namespace, TLS and API key come from [the usual variables](configuration.md#temporal), such as
\`TEMPORAL_NAMESPACE\`. It leaves some thousands of closed runs behind, and takes all that the server can do: use a namespace of its own,
not one in production. Ingress, worker, agent and sender run on the machine where you call it. Take one like your workers', close to the server.

## What to raise first

| when                                                                | then                                                                                                                                             |
| ------------------------------------------------------------------- | ------------------------------------------------------------------------------------------------------------------------------------------------ |
| runs wait, and no processor is busy                                 | \`concurrency\` of the agent, if \`garudust_agent_places{state="waiting"}\` is above 0 and the agent can take more; then \`worker.max_concurrent_activities\` |
| the database's processor or disk is busy                            | the database: faster disks first (every step of a run is a synchronous write), then cores                                                         |
| Temporal's processor is busy                                        | \`GOGC=200\` in its environment where it has memory to spare, as our Compose file sets it; then cores for its history and frontend services. More history shards need a new database |
| the worker's processor is busy: one core of JavaScript is full      | more workers. They share nothing                                                                                                                 |
| the same, and memory is free                                        | \`NODE_OPTIONS=--max-semi-space-size=32\`, as our image has it: some 7 % less CPU of the process, for some 50 MiB                                       |
| the ingress answers \`503\` \`overloaded\`, and Temporal is not busy    | more ingresses                                                                                                                                   |
| Temporal answers \`RESOURCE_EXHAUSTED\`, at some hundred runs a second | \`frontend.namespaceRPS\` (2400 by default; [a run costs](benchmarks.md) about ten calls with its polls), then \`history.rps\`, in its dynamic configuration    |
| 202s are slow, runs are not                                         | ingresses of their own beside workers, rather than \`start\`                                                                                       |
| runs take long at low rates                                         | \`system.enableActivityEagerExecution: true\` on Temporal up to 1.31, and \`start\` rather than two processes                                         |

[Scaling](production.md#scaling) says which limits hold in one process, and so grow with the number of them.

## How it was measured

\`npm run bench:capacity\`. Processors are limited by \`taskset\`.

${where}
`;
  return { page, images: { [LOAD_IMAGE]: loadImage(loads), [RECOVERY_IMAGE]: recoveryImage(recovery) } };
}

function capacityTable(loads: readonly Measurement[]): string {
  return markdownTable(
    [
      'Temporal on',
      'cores',
      `runs/s at ${CONCURRENCY} open`,
      'highest steady rate',
      'p50 / p99 at 5/s, ms',
      'CPU of the process, ms/run',
      'CPU of Temporal and its database, ms/run',
    ],
    loads.map(({ store, cores, capacity }) => {
      const { perSecond, steps, processCpuMs, engineCpuMs } = capacity;
      const slow = steps[0];
      const held = highestHeld(steps);
      return [
        store,
        String(cores),
        perSecond.toFixed(0),
        Number.isNaN(held) ? 'none' : `${held}/s`,
        slow === undefined ? '' : `${slow.p50.toFixed(0)} / ${slow.p99.toFixed(0)}`,
        processCpuMs.toFixed(1),
        engineCpuMs.toFixed(1),
      ];
    }),
  );
}

function loadImage(loads: readonly Measurement[]): string {
  const lines = (value: (step: Capacity['steps'][number]) => number) =>
    loads.map(({ store, cores, capacity }) => ({
      name: `${store.split(',')[0] ?? store}, ${cores} core${cores === 1 ? '' : 's'}`,
      points: capacity.steps.map((step) => [step.offeredPerSecond, value(step)] as const),
    }));
  const x = 'runs that come, a second';
  return drawCharts('Runs that end a second, and their latency, by the rate at which runs come', [
    { title: 'Runs that end', x, y: 'a second', lines: lines(({ endedPerSecond }) => endedPerSecond) },
    {
      title: 'From webhook to callback, p99',
      x,
      y: `ms (${MOST_LATENCY_MS} or more at the top)`,
      lines: lines(({ p99 }) => p99),
      mostY: MOST_LATENCY_MS,
    },
  ]);
}

function recoveryImage({ runs, killedAt, readyAt, perSecond }: Recovery): string {
  const last = Math.max(...runs.map(({ endedAt }) => endedAt));
  const buckets = Array.from({ length: Math.ceil(last / BUCKET_SECONDS) }, (_, index) => index * BUCKET_SECONDS);
  const per = (at: (run: Recovery['runs'][number]) => number) =>
    buckets.map((from) => {
      const count = runs.filter((run) => at(run) >= from && at(run) < from + BUCKET_SECONDS).length;
      return [from + BUCKET_SECONDS / 2, count / BUCKET_SECONDS] as const;
    });
  const marks = [
    { x: killedAt, text: 'kill -9 of the worker' },
    { x: readyAt, text: 'the next one is ready' },
  ];
  const x = 'seconds';
  return drawCharts('Runs that end a second, and how long each took, around a kill -9 of the worker', [
    {
      title: `Runs that end, ${perSecond} come a second`,
      x,
      y: 'a second',
      lines: [
        { name: 'end', points: per(({ endedAt }) => endedAt) },
        { name: 'come', points: per(({ dueAt }) => dueAt) },
      ],
      marks,
    },
    {
      title: 'From webhook to callback, by when the run came',
      x,
      y: 'ms',
      lines: [
        {
          name: 'each run',
          points: runs
            .toSorted((one, other) => one.dueAt - other.dueAt)
            .map(({ dueAt, endedAt }) => [dueAt, (endedAt - dueAt) * 1000] as const),
        },
      ],
      marks,
    },
  ]);
}

/** How long those took that the crash delayed. */
function lateText({ runs, killedAt, readyAt }: Recovery): string {
  const met = runs.filter(({ dueAt, endedAt }) => dueAt < readyAt && endedAt > killedAt);
  const waited = met.map(({ endedAt }) => endedAt - readyAt).filter((seconds) => seconds > 0);
  const within = Math.max(0, ...waited);
  return `the last of the ${met.length} that the crash met ${within.toFixed(1)} s after the new worker was ready`;
}
