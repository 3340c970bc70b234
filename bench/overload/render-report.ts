import { cpus, totalmem } from 'node:os';
import { markdownTable } from '../../scripts/docs/markdown-table.ts';
import type { LoadFigures, Percentiles } from './judge-load.ts';
import { ENDS, type Ends, OPEN_AT_PEAK, SENDERS } from './measure-ends.ts';
import { AT_ONCE, CLIENTS, TAKING, type Taking } from './measure-taking.ts';

/** What the page promises, and whether it held. */
export interface Promises {
  readonly goodput: boolean;
  /** What was promised before. */
  readonly formerGoodput: boolean;
  readonly quickRefusals: boolean;
  readonly flatMemory: boolean;
  readonly nothingBroken: boolean;
  readonly answersGoOn: boolean;
  readonly nothingLost: boolean;
}

export interface Measured {
  readonly taking: Taking;
  /** By what runs on the machine. */
  readonly ends: ReadonlyMap<string, Ends>;
  readonly promises: Promises;
  /** The machine's load average before the first request, and after the last. */
  readonly load: readonly [before: number, after: number];
}

const SAID: Readonly<Record<keyof Promises, string>> = {
  goodput: 'At ten times the load at least 0.95 of the sustained rate is still accepted.',
  formerGoodput: 'The same with 0.9, which was the goal before.',
  quickRefusals: 'Each refusal comes in under 3 s.',
  flatMemory:
    'The memory of the ingress stays flat: the last quarter of the time takes at most 15 % more than the first.',
  nothingBroken: 'Every request is answered.',
  answersGoOn: 'In a storm at least 0.85 of the peak rate of runs still end, in one process and in two.',
  nothingLost: 'Every accepted run ends.',
};

/** The tables for the terminal, and the page. */
export function renderReport(measured: Measured): { readonly tables: string; readonly page: string } {
  const { taking, ends, promises } = measured;
  const verdicts = (Object.keys(SAID) as (keyof Promises)[]).map(
    (name) => `- ${promises[name] ? 'held' : '**did not hold**'}: ${SAID[name]}`,
  );
  const [storm, alone] = [renderEnds(ends), renderTaking(taking)];
  const page = `<!-- Written by bench/overload.ts: run it anew rather than change it here. -->

# Overload

What happens when far more comes than can be done.

${verdicts.join('\n')}

## Runs that end in a storm

${storm}

An ingress lets few runs be recorded at the same time, as few as Temporal records without delay, so that the workers get
the rest of the machine. The other deliveries wait up to a second for their turn, clients in turn, and are then refused with
\`503\` and \`Retry-After\`. So what is accepted in a storm is about what can be done.

Measured as \`start\` (ingress and worker in one process), and as \`ingress\` and \`worker\` in a process each. The peak is what ${OPEN_AT_PEAK} senders
get done that each wait for the callback of their run. In the storm, ${SENDERS} senders send for ${ENDS.stormMs / 1000} s, each the next task as soon as one is accepted, and
0.25 s after a refusal. ${ENDS.rounds} storms, each between two peaks; every accepted run has ended before the next measurement. The ratio
is that of a storm to the peaks around it.

## Taking in alone

${alone}

\`garudust-temporal ingress\` in a process of its own; no worker runs, so that taking in is all that is measured. The
sustained rate is what ${AT_ONCE} senders get accepted that send one task after the other. Then ten times that rate is
offered for ${TAKING.overloadMs / 1000} seconds, whether answers come or not, ${TAKING.rounds} times, each between two sustained loads.

The store of the dev server has one connection, which is what limits the sustained rate; other figures on other stores.

## How it was measured

\`npm run bench:overload\`, with a Temporal dev server with a file of SQLite; ${CLIENTS} clients with the default \`max_in_flight\` each, all on
loopback. Sender, server and Temporal share the machine, so that each refusal takes time away from what is accepted and from
the runs: a server with the machine to itself does better. The sender gives way to the others (\`nice 10\`), and keeps its
connections. Quote ratios: absolute figures are this machine's.

${machine(measured)}
`;
  return { tables: `${storm}\n\n${alone}\n\n${verdicts.join('\n')}`, page };
}

function renderTaking({ sustained, overload, ratios, memory, heldBack }: Taking): string {
  const loads = [sustained, overload];
  const table = markdownTable(
    ['', `sustained (${AT_ONCE} at once)`, 'ten times as much'],
    [row('offered, 1/s', loads, ({ offeredPerSecond }) => whole(offeredPerSecond)), ...answerRows(loads)],
  );
  const figures = [
    `Accepted under overload, of the sustained rate: **${spread(ratios, 2)}**.`,
    `Memory of the ingress in the first quarter, in the last, and the most: **${whole(memory.first)}, ${whole(memory.last)}, ${whole(memory.most)} MiB**.`,
    ...(heldBack > 0 ? [`Not offered, because the sender had 4000 requests waiting already: ${heldBack}.`] : []),
  ];
  return `${table}\n\n${figures.join('\n\n')}`;
}

function renderEnds(ends: ReadonlyMap<string, Ends>): string {
  const all = [...ends.values()];
  const loads = all.map(({ load }) => load);
  return markdownTable(
    ['', ...ends.keys()],
    [
      ['runs that end at the peak, 1/s', ...all.map(({ peak }) => spread(peak, 1))],
      ['in the storm, 1/s', ...all.map(({ storm }) => spread(storm, 1))],
      ['**ratio**', ...all.map(({ ratios }) => `**${spread(ratios, 2)}**`)],
      ...answerRows(loads),
    ],
  );
}

function answerRows(loads: readonly LoadFigures[]): string[][] {
  return [
    row('accepted, 1/s', loads, ({ acceptedPerSecond }) => whole(acceptedPerSecond)),
    row('accepted in, ms (p50 / p99 / most)', loads, ({ accepted }) => three(accepted)),
    row('refused in, ms (p50 / p99 / most)', loads, ({ refused }) => three(refused)),
    row('refused', loads, ({ refusals }) =>
      refusals.length === 0 ? 'none' : refusals.map(([name, count]) => `${count} × ${name}`).join(', '),
    ),
    row('without an answer', loads, ({ broken }) => String(broken)),
  ];
}

/** The median, and the range of the rounds. */
function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((one, other) => one - other);
  const shown = (at: number): string => sorted.at(at)?.toFixed(digits) ?? '';
  return `${shown(Math.floor(sorted.length / 2))} (${shown(0)} to ${shown(-1)})`;
}

function row(name: string, loads: readonly LoadFigures[], show: (figures: LoadFigures) => string): string[] {
  return [name, ...loads.map(show)];
}

function whole(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(0);
}

function three({ p50, p99, max }: Percentiles): string {
  return Number.isNaN(p50) ? '–' : [p50, p99, max].map(whole).join(' / ');
}

function machine({ taking, load: [before, after] }: Measured): string {
  const [cpu] = cpus();
  return [
    `- ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    `- Node ${process.versions.node}, Temporal CLI ${taking.temporalVersion}`,
    `- load average before the start: ${before.toFixed(1)}, so much else was going on; at the end: ${after.toFixed(1)}`,
    `- ${new Date().toISOString().slice(0, 10)}`,
  ].join('\n');
}
