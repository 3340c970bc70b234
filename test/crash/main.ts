/**
 * Kills what there is to kill and counts what is lost or doubled: `npm run test:crash -- [--quick] [--seed N]`. It can be seen
 * to fail by `--only temporal --kills 1 --outage 12 --no-journal`; with the journal the same passes.
 *
 * Exit code 0: every accepted webhook ended in one finished run and a delivered callback, and no more was doubled than dies
 * with a worker on the way to its disk. 1: something was lost or doubled. 2: it could not be tried.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Connection } from '@temporalio/client';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { buildDist } from './build-dist.ts';
import { startCallbackLedger } from './callback-ledger.ts';
import { CrashProof } from './crash-proof.ts';
import { startCrashStack, VICTIMS } from './crash-stack.ts';
import { planKills } from './kill-plan.ts';
import { headLine, rowLine, type Row, seconds } from './table.ts';
import { WebhookSender } from './webhook-sender.ts';

const THINK_MS = 300;
const FAILING_CALLBACKS = 0.03;
/**
 * What may die with a worker between a socket and its disk: at most one of so many, and this much by chance. Agents that were
 * asked together answer together, so that a kill at that very moment finds many. How long they may have been under way is
 * bounded by `judgeRun`.
 */
const BOUNDS = { agent: { runsPerLost: 20, byChance: 2 }, callback: { runsPerLost: 2000, byChance: 2 } } as const;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string' },
    /** Kills, and webhooks for each; a victim that is killed alone. */
    kills: { type: 'string' },
    runs: { type: 'string' },
    only: { type: 'string' },
    /** Seconds for which Temporal stays away when it is killed. Over 8 the SDK drops results. */
    outage: { type: 'string', default: '0' },
    /** Runs the worker without one: with an outage the proof must fail. */
    'no-journal': { type: 'boolean', default: false },
    /** Leaves the folder with all logs. */
    keep: { type: 'boolean', default: false },
  },
});

const say = (label: string, text: string): void => void process.stdout.write(`${label.padEnd(18)}${text}\n`);

async function prove(folder: string, ends: (() => Promise<void> | void)[]): Promise<readonly string[]> {
  const seed = flags.seed === undefined ? Math.floor(Math.random() * 1e6) : Number(flags.seed);
  const random = seededRandom(seed);
  const [usualKills, usualRuns] = flags.quick ? [4, 50] : [20, 200];
  const kills = Number(flags.kills ?? usualKills);
  const runsPerKill = Number(flags.runs ?? usualRuns);
  const only = VICTIMS.find((victim) => victim === flags.only);
  const cli = await findTemporalCli({ env: process.env, onProgress: ({ message }) => say('please wait', message) });
  say('Temporal CLI', `${cli.version}  ${cli.path}`);
  say('seed', String(seed));
  const program = await buildDist(folder);
  const stack = await startCrashStack({
    folder,
    program,
    temporalCli: cli.path,
    thinkMs: THINK_MS,
    withJournal: !flags['no-journal'],
  });
  ends.push(() => stack.stop());
  const receiver = await startCallbackLedger({ secret: stack.secret, failing: FAILING_CALLBACKS, random });
  ends.push(() => receiver.close());
  const connection = await Connection.connect({ address: stack.temporalAddress });
  ends.push(() => connection.close());
  const sender = new WebhookSender({ url: stack.url, secret: stack.secret, callbackUrl: receiver.url });
  const proof = new CrashProof({
    stack,
    sender,
    receiver,
    connection,
    runsPerKill,
    outageMs: Number(flags.outage) * 1000,
  });

  process.stdout.write(`\n${headLine()}`);
  const faults: string[] = [];
  const rows: Row[] = [];
  const lost = { agent: [] as number[], callback: [] as number[] };
  const victims = only === undefined ? VICTIMS : [only];
  for (const planned of planKills({ kills, runsPerKill, victims }, random)) {
    const report = await proof.round(planned);
    process.stdout.write(rowLine(report.row));
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
  return faults;
}

const startedAt = performance.now();
const ends: (() => Promise<void> | void)[] = [];
const folder = mkdtempSync(join(tmpdir(), 'garudust-crash-'));
try {
  const faults = await prove(folder, ends);
  for (const fault of faults.slice(0, 20)) say('FAULT', fault);
  if (faults.length > 20) say('FAULT', `and ${faults.length - 20} more`);
  say('result', faults.length === 0 ? 'nothing lost, nothing doubled beyond the bound' : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
} finally {
  for (const end of ends.toReversed()) await end();
  if (flags.keep) say('logs', folder);
  else rmSync(folder, { recursive: true, force: true });
  say('took', seconds(performance.now() - startedAt));
}
