import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { buildDist } from './build-dist.ts';
import { startCallbackLedger } from './callback-ledger.ts';
import { CrashProof } from './crash-proof.ts';
import { startCrashStack, type Victim, VICTIMS } from './crash-stack.ts';
import { killTimes, planKills } from './kill-plan.ts';
import { headLine, rowLine, type Row, seconds } from './table.ts';
import { WebhookSender } from './webhook-sender.ts';

/** What is killed, and what goes on meanwhile. */
export interface CrashPlan {
  readonly seed: number;
  /** A multiple of the number of victims. */
  readonly kills: number;
  readonly runsPerKill: number;
  /** Webhooks a second. Absent: all of a round at once, and three in a hundred callbacks are answered 500. */
  readonly perSecond?: number | undefined;
  /** A victim that is killed alone. */
  readonly only?: Victim | undefined;
  /** How long Temporal stays away when it is killed, in milliseconds. */
  readonly outageMs?: number;
  /** Without it the worker forgets what it has been answered, so that the proof can be seen to fail. */
  readonly withJournal?: boolean;
  /** Leaves the folder with all logs. Default: no. */
  readonly keep?: boolean;
}

/** The rounds, the undisturbed one first, and what must never be. */
export interface CrashResult {
  readonly rows: readonly Row[];
  readonly faults: readonly string[];
}

const THINK_MS = 300;
const FAILING_CALLBACKS = 0.03;
/**
 * What may die with a worker between a socket and its disk: at most one of so many, and this much by chance. Agents that were
 * asked together answer together, so that a kill at that very moment finds many. How long they may have been under way is
 * bounded by `judgeRun`.
 */
const BOUNDS = { agent: { runsPerLost: 20, byChance: 2 }, callback: { runsPerLost: 2000, byChance: 2 } } as const;

type Ends = (() => Promise<void> | void)[];

const print = (text: string): void => void process.stdout.write(text);

/** Prints a line with its label. */
export function say(label: string, text: string): void {
  print(`${label.padEnd(18)}${text}\n`);
}

/** Starts everything, kills what the plan says, counts, prints a table of it, and ends everything. */
export async function prove(plan: CrashPlan): Promise<CrashResult> {
  const folder = mkdtempSync(join(tmpdir(), 'garudust-crash-'));
  const ends: Ends = [];
  try {
    return await proveIn(folder, plan, ends);
  } finally {
    for (const end of ends.toReversed()) await end();
    if (plan.keep === true) say('logs', folder);
    else rmSync(folder, { recursive: true, force: true });
  }
}

async function proveIn(folder: string, plan: CrashPlan, ends: Ends): Promise<CrashResult> {
  const { seed, kills, runsPerKill, perSecond, only, outageMs = 0, withJournal = true } = plan;
  const random = seededRandom(seed);
  const cli = await findTemporalCli({ env: process.env, onProgress: ({ message }) => say('please wait', message) });
  say('Temporal CLI', `${cli.version}  ${cli.path}`);
  say('seed', String(seed));
  const program = await buildDist(folder);
  const stack = await startCrashStack({ folder, program, temporalCli: cli.path, thinkMs: THINK_MS, withJournal });
  ends.push(() => stack.stop());
  const failing = perSecond === undefined ? FAILING_CALLBACKS : 0;
  const receiver = await startCallbackLedger({ secret: stack.secret, failing, random });
  ends.push(() => receiver.close());
  const connection = await Connection.connect({ address: stack.temporalAddress });
  ends.push(() => connection.close());
  const sender = new WebhookSender({ url: stack.url, secret: stack.secret, callbackUrl: receiver.url });
  const proof = new CrashProof({ stack, sender, receiver, connection, runsPerKill, perSecond, outageMs });

  print(`\n${headLine()}`);
  const faults: string[] = [];
  const rows: Row[] = [];
  const lost = { agent: [] as number[], callback: [] as number[] };
  const victims = only === undefined ? VICTIMS : [only];
  for (const planned of planKills({ kills, victims, ...killTimes(runsPerKill, perSecond) }, random)) {
    const report = await proof.round(planned);
    print(rowLine(report.row));
    rows.push(report.row);
    faults.push(...report.faults);
    lost.agent.push(...report.lostOnTheWay.answers);
    lost.callback.push(...report.lostOnTheWay.receipts);
    if (report.row.recoveredMs === undefined) break;
  }
  const runs = rows.length * runsPerKill;
  say('\nruns', String(runs));
  say('slowest answer', seconds(proof.slowestAnswerMs));
  for (const what of ['agent', 'callback'] as const) {
    const { runsPerLost, byChance } = BOUNDS[what];
    const bound = byChance + Math.floor(runs / runsPerLost);
    const gaps = lost[what];
    const oldest = gaps.length === 0 ? '' : `, sent up to ${Math.max(...gaps).toFixed(1)} ms before the kill`;
    say(`${what} doubled`, `${gaps.length} of ${runs}${oldest} (at most ${bound})`);
    if (gaps.length > bound) faults.push(`${gaps.length} ${what} answers were lost on their way to the journal`);
  }
  if (receiver.refused.length > 0) faults.push(`${receiver.refused.length} callbacks had no good signature`);
  faults.push(...Object.values(stack.processes).flatMap(({ endedByItself }) => endedByItself));
  return { rows, faults };
}
