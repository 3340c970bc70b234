/**
 * Lets every event meet a run in every state, and holds what table/corners.ts promises: `npm run test:corners`.
 * `-- --only agent,cancel` plays these states and events alone; several `--only` add up.
 *
 * Exit code 0: every promise held. 1: one was broken. 2: it could not be tried.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Connection } from '@temporalio/client';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { buildDist } from '../crash/build-dist.ts';
import { type Cell, type CellResult, CornerRound } from './corner-round.ts';
import { type CornerStackOptions, startCornerStack } from './corner-stack.ts';
import { type Event, EVENT_NAMES } from './events.ts';
import { printMatrix } from './print-matrix.ts';
import { selectCells } from './select-cells.ts';
import { isTeam } from './states.ts';
import { TemporalView } from './temporal-view.ts';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    /** Leaves the folder with all logs. */
    keep: { type: 'boolean', default: false },
  },
});

const say = (label: string, text: string): void => void process.stdout.write(`${label.padEnd(14)}${text}\n`);

/** Rounds that take turns on one stack. */
type Rounds = readonly (readonly Cell[])[];

/** The events of a round. More runs at once would measure how many calls Temporal takes. */
const ROUNDS: readonly (readonly Event[])[] = [
  ['cancel', 'cancel-twice', 'temporal-cancel', 'redeliver', 'redeliver-elsewhere'],
  ['terminate', 'reset-first', 'reset-last'],
  ['pause', 'unpause', 'reset-activity'],
  ['worker-kill'],
  ['worker-stop'],
  ['temporal-kill'],
];

/** Two stacks side by side: one for runs, one for a team's workflow and for the long absence of Temporal. */
function planStacks(cells: readonly Cell[]): Rounds[] {
  const isAway = ({ event }: Cell): boolean => event === 'temporal-away';
  const inRounds = (some: readonly Cell[], rounds: typeof ROUNDS): Rounds =>
    rounds.map((events) => some.filter(({ event }) => events.includes(event)));
  const runs = cells.filter((cell) => !isTeam(cell.state) && !isAway(cell));
  const team = cells.filter((cell) => isTeam(cell.state) && !isAway(cell));
  // The faults of the team's three states are few enough for one round each.
  const teamRounds = [ROUNDS.slice(0, 3).flat(), ...ROUNDS.slice(3)];
  return [inRounds(runs, ROUNDS), [cells.filter(isAway), ...inRounds(team, teamRounds)]]
    .map((rounds) => rounds.filter((round) => round.length > 0))
    .filter((rounds) => rounds.length > 0);
}

interface Played {
  readonly results: readonly CellResult[];
  /** Of the stack as a whole. */
  readonly faults: readonly string[];
}

async function playRounds(rounds: Rounds, options: Omit<CornerStackOptions, 'withTeam'>): Promise<Played> {
  const withTeam = rounds.flat().some(({ state }) => isTeam(state));
  const stack = await startCornerStack({ ...options, withTeam });
  const connection = await Connection.connect({ address: stack.temporalAddress });
  try {
    const results: CellResult[] = [];
    for (const cells of rounds) {
      const startedAt = performance.now();
      const round = new CornerRound(stack, new TemporalView(connection));
      results.push(...(await round.play(cells)));
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      say(
        'played',
        `${cells.length} cells in ${seconds} s: ${[...new Set(cells.map(({ event }) => event))].join(', ')}`,
      );
    }
    const left = stack.readJournal();
    const faults = left === '' ? [] : [`the journal holds entries that nobody will settle:\n${left.slice(0, 1000)}`];
    return { results, faults: [...faults, ...stack.endedByItself()] };
  } finally {
    await connection.close();
    await stack.stop();
  }
}

// Each process that is started ends with this one.
process.setMaxListeners(50);
const startedAt = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'garudust-corners-'));
try {
  const cells = selectCells(flags.only);
  const cli = await findTemporalCli({ env: process.env, onProgress: ({ message }) => say('please wait', message) });
  say('Temporal CLI', `${cli.version}  ${cli.path}`);
  const program = await buildDist(folder);
  const ended = await Promise.allSettled(
    planStacks(cells).map((rounds, index) =>
      playRounds(rounds, { folder: join(folder, `stack-${index + 1}`), program, temporalCli: cli.path }),
    ),
  );
  const played = ended.map((stack) => {
    if (stack.status === 'rejected') throw stack.reason;
    return stack.value;
  });
  const results = played
    .flatMap((stack) => stack.results)
    .toSorted((a, b) => EVENT_NAMES.indexOf(a.event) - EVENT_NAMES.indexOf(b.event));
  const faults = played.flatMap((stack) => stack.faults);
  process.stdout.write(`\n${printMatrix(results)}\n`);
  for (const fault of faults) say('FAULT', fault);
  const broken = results.filter((result) => result.faults.length > 0).length;
  say('result', `${results.length - broken} of ${results.length} promises held`);
  process.exitCode = broken === 0 && faults.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 2;
} finally {
  if (flags.keep) say('logs', folder);
  else rmSync(folder, { recursive: true, force: true });
  say('took', `${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
}
