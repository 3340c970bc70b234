import type { Command } from 'commander';
import { connectApi } from '../api-client.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { parseHost, parseRunId, parseSince } from '../flag-values.ts';
import { redeliverAll, type Redelivery } from '../redeliver-all.ts';
import { printJson } from '../report-outcome.ts';
import { addUrlOption } from '../server-url.ts';
import { createProgress } from '../show/progress.ts';
import { toTerminalText } from '../show/terminal-text.ts';

interface RedeliverFlags {
  readonly url?: string;
  readonly json?: boolean;
  readonly callbackUrl?: string;
  readonly allDead?: boolean;
  readonly since?: number;
  readonly host?: string;
}

/** `runs redeliver <id>` and `runs redeliver --all-dead`. */
export function addRunsRedeliver(runs: Command, io: CliIo): void {
  const command = runs
    .command('redeliver')
    .summary('send callbacks again')
    .description('Send a callback again, also one that was delivered, or those of all dead letters.')
    .argument('[id]', 'the run id', parseRunId)
    .option('--all-dead', 'all of your dead letters')
    .option(
      '--since <time>',
      'with --all-dead: only runs accepted since, a duration such as 2h or an ISO 8601 time',
      parseSince,
    )
    .option('--host <host>', 'with --all-dead: only callbacks to this host, such as ci.example.com', parseHost)
    .option('--callback-url <url>', 'send to another URL that the server permits (default: that of the run)');
  addUrlOption(command)
    .option('--json', 'print the run, or the result for each, as JSON')
    .action(async (id: string | undefined, flags: RedeliverFlags) => {
      if (flags.allDead === true) await redeliverDead(id, flags, io);
      else await redeliverRun(id, flags, io);
    });
  setNotes(command, {
    more: ['The delivery schedule restarts. Runs that need no redelivery, or that have expired, are skipped.'],
    environment: ['GARUDUST_TEMPORAL_URL', 'RUNS_API_KEY'],
    exits: ['ok', 'usage', 'unavailable', 'refused', 'interrupted'],
    examples: [
      ['garudust-temporal runs redeliver run-4x7q…', 'to the same address'],
      ['garudust-temporal runs redeliver run-4x7q… --callback-url https://ci.example.com/hooks', 'to another one'],
      ['garudust-temporal runs redeliver --all-dead --since 2h --host ci.example.com', 'after an outage'],
    ],
  });
}

async function redeliverRun(id: string | undefined, flags: RedeliverFlags, io: CliIo): Promise<void> {
  if (id === undefined) throw new CliError('usage', 'Missing run: give a run id, or --all-dead.');
  if (flags.since !== undefined || flags.host !== undefined) {
    throw new CliError('usage', '--since and --host require --all-dead.');
  }
  const { run, unchanged } = await connectApi(flags, io).redeliverRun(id, flags.callbackUrl);
  const { status } = run.callback;
  const why =
    status === 'none'
      ? 'the run has no callback'
      : status === 'dead'
        ? 'its callback is dead and the dead letter has expired'
        : `its callback is ${status}`;
  if (flags.json === true) printJson(run, io);
  else io.stdout.write(unchanged ? `Nothing to do: ${why}.\n` : `The callback of ${id} is being sent again.\n`);
}

async function redeliverDead(id: string | undefined, flags: RedeliverFlags, io: CliIo): Promise<void> {
  if (id !== undefined) throw new CliError('usage', 'Give either a run id or --all-dead, not both.');
  const { since, host, callbackUrl } = flags;
  const progress = createProgress(io);
  let results: Redelivery[];
  try {
    const { interrupted } = io;
    results = await redeliverAll(connectApi(flags, io), {
      filter: { since, host },
      callbackUrl,
      progress,
      interrupted,
    });
  } finally {
    progress.stop();
  }
  report(results, flags, io);
}

/** The summary on stdout, each failure on stderr; the command ends as the worst of them. */
function report(results: readonly Redelivery[], { json }: RedeliverFlags, io: CliIo): void {
  const count = (wanted: Redelivery['result']): number => results.filter(({ result }) => result === wanted).length;
  const [redelivered, skipped, failed] = [count('redelivered'), count('skipped'), count('failed')];
  const failures = results.flatMap((entry) => (entry.result === 'failed' ? [entry] : []));
  if (json === true) {
    const runs = results.map((entry) => (entry.result === 'failed' ? { ...entry, error: entry.error.message } : entry));
    printJson({ redelivered, skipped, failed, runs }, io);
  } else {
    for (const { id, error } of failures) io.stderr.write(`${toTerminalText(`${id}: ${error.message}`)}\n`);
    const none = results.length === 0;
    io.stdout.write(
      none ? 'No dead letters match.\n' : `${redelivered} redelivered, ${skipped} skipped, ${failed} failed.\n`,
    );
  }
  // A passing failure is worth another run of the command; a refusal is not.
  if (failed > 0) io.exit = failures.some(({ error }) => !error.passing) ? 'refused' : 'unavailable';
}
