import { cpus, totalmem } from 'node:os';
import { markdownTable } from '../../scripts/docs/markdown-table.ts';
import type { LoadFigures, Percentiles } from './judge-load.ts';

/** Resident memory of the ingress in MiB while it was overloaded. */
export interface Memory {
  readonly first: number;
  readonly last: number;
  readonly most: number;
}

/** What the page promises, and whether it held. */
export interface Promises {
  readonly goodput: boolean;
  readonly quickRefusals: boolean;
  readonly flatMemory: boolean;
  readonly nothingBroken: boolean;
}

export interface Measured {
  readonly sustained: LoadFigures;
  readonly overload: LoadFigures;
  /** Accepted under overload by sustained, round by round. */
  readonly ratios: readonly number[];
  readonly memory: Memory;
  readonly promises: Promises;
  readonly heldBack: number;
  readonly atOnce: number;
  readonly clients: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly temporalVersion: string;
  /** The machine's load average before the first request. */
  readonly loadBefore: number;
}

const SAID: Readonly<Record<keyof Promises, string>> = {
  goodput: 'At ten times the load at least 0.9 of the sustained rate is still accepted.',
  quickRefusals: 'Each refusal comes in under a second.',
  flatMemory:
    'The memory of the ingress stays flat: the last quarter of the time takes at most 15 % more than the first.',
  nothingBroken: 'Every request is answered.',
};

/** The table for the terminal, and the page. */
export function renderReport(measured: Measured): { readonly table: string; readonly page: string } {
  const { sustained, overload, memory, promises, heldBack } = measured;
  const ratios = measured.ratios.toSorted((one, other) => one - other);
  const shown = (at: number): string => ratios.at(at)?.toFixed(2) ?? '';
  const middle = shown(Math.floor(ratios.length / 2));
  const table = markdownTable(
    ['', `sustained (${measured.atOnce} at once)`, 'ten times as much'],
    [
      row('offered, 1/s', [sustained, overload], ({ offeredPerSecond }) => whole(offeredPerSecond)),
      row('accepted, 1/s', [sustained, overload], ({ acceptedPerSecond }) => whole(acceptedPerSecond)),
      row('accepted in, ms (p50 / p99 / most)', [sustained, overload], ({ accepted }) => three(accepted)),
      row('refused in, ms (p50 / p99 / most)', [sustained, overload], ({ refused }) => three(refused)),
      row('refused', [sustained, overload], ({ refusals }) =>
        refusals.length === 0 ? 'none' : refusals.map(([name, count]) => `${count} × ${name}`).join(', '),
      ),
      row('without an answer', [sustained, overload], ({ broken }) => String(broken)),
    ],
  );
  const figures = [
    `Accepted under overload, of the sustained rate: **${middle}** (rounds: ${shown(0)} to ${shown(-1)}).`,
    `Memory of the ingress in the first quarter, in the last, and the most: **${whole(memory.first)}, ${whole(memory.last)}, ${whole(memory.most)} MiB**.`,
    ...(heldBack > 0 ? [`Not offered, because the sender had 4000 requests waiting already: ${heldBack}.`] : []),
  ];
  const verdicts = (Object.keys(SAID) as (keyof Promises)[]).map(
    (name) => `- ${promises[name] ? 'held' : '**did not hold**'}: ${SAID[name]}`,
  );
  const page = `<!-- Written by bench/overload.ts: run it anew rather than change it here. -->

# Overload

What happens when ten times as much comes as can be recorded.

${table}

${figures.join('\n\n')}

${verdicts.join('\n')}

## How it was measured

\`npm run bench:overload\`: \`garudust-temporal ingress\` in a process of its own before a Temporal dev server with a file of
SQLite; no worker runs, so that taking in is all that is measured; ${measured.clients} clients with the default \`max_in_flight\` each, all on loopback. The
sustained rate is what ${measured.atOnce} senders get accepted that send one task after the other. Then ten times that rate is
offered for ${measured.seconds} seconds, whether answers come or not, ${measured.rounds} times, each between two sustained loads. Sender, server and Temporal share the machine, so that each refusal takes time away
from what is accepted: a server with the machine to itself does better. The sender gives way to the other two (\`nice 10\`), and
keeps its connections.

The store of the dev server has one connection, which is what limits the sustained rate; other figures on other stores.

${machine(measured)}
`;
  return { table: `${table}\n\n${figures.join('\n')}\n${verdicts.join('\n')}`, page };
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

function machine({ temporalVersion, loadBefore }: Measured): string {
  const [cpu] = cpus();
  return [
    `- ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    `- Node ${process.versions.node}, Temporal CLI ${temporalVersion}`,
    `- load average before the start: ${loadBefore.toFixed(1)}, so much else was going on`,
    `- ${new Date().toISOString().slice(0, 10)}`,
  ].join('\n');
}
