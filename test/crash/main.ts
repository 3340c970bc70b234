/**
 * Kills what there is to kill and counts what is lost or doubled: `npm run test:crash -- [--quick] [--rate N] [--seed N]`. It can be seen
 * to fail by `--only temporal --kills 1 --outage 12 --no-journal`; with the journal the same passes.
 *
 * Exit code 0: every accepted webhook ended in one finished run and a delivered callback, and no more was doubled than dies
 * with a worker on the way to its disk. 1: something was lost or doubled. 2: it could not be tried.
 */
import { parseArgs } from 'node:util';
import { VICTIMS } from './crash-stack.ts';
import { prove, say } from './prove.ts';
import { seconds } from './table.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string' },
    /** Kills, and webhooks for each; a victim that is killed alone. */
    kills: { type: 'string' },
    runs: { type: 'string' },
    only: { type: 'string' },
    /** Webhooks a second. Default: all of a round at once. */
    rate: { type: 'string' },
    /** Seconds for which Temporal stays away when it is killed. Over 8 the SDK drops results. */
    outage: { type: 'string', default: '0' },
    /** Runs the worker without one: with an outage the proof must fail. */
    'no-journal': { type: 'boolean', default: false },
    /** Leaves the folder with all logs. */
    keep: { type: 'boolean', default: false },
  },
});

const startedAt = performance.now();
try {
  const usual = flags.quick ? { kills: 4, runs: 50 } : { kills: 20, runs: 200 };
  const plan = {
    seed: flags.seed === undefined ? Math.floor(Math.random() * 1e6) : Number(flags.seed),
    kills: Number(flags.kills ?? usual.kills),
    runsPerKill: Number(flags.runs ?? usual.runs),
    perSecond: flags.rate === undefined ? undefined : Number(flags.rate),
    only: VICTIMS.find((victim) => victim === flags.only),
    outageMs: Number(flags.outage) * 1000,
    withJournal: !flags['no-journal'],
    keep: flags.keep,
  };
  const { faults } = await prove(plan);
  for (const fault of faults.slice(0, 20)) say('FAULT', fault);
  if (faults.length > 20) say('FAULT', `and ${faults.length - 20} more`);
  say('result', faults.length === 0 ? 'nothing lost, nothing doubled beyond the bound' : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
} finally {
  say('took', seconds(performance.now() - startedAt));
}
