import { Connection } from '@temporalio/client';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { printJson } from '../report-outcome.ts';
import { createProgress } from '../show/progress.ts';
import { readTemporalSettings } from '../stack/temporal-settings.ts';
import { setUpServer, type SetupStep } from '../temporal-server/set-up-server.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const LABEL_WIDTH = 15;

/** What no API can set or even read. */
const BY_HAND =
  'Not to be set from here: the dynamic configuration value system.enableActivityEagerExecution: true (Temporal Server up to 1.31), without which runs take longer. Temporal Cloud has it.';

/** `setup`: makes a Temporal server ready. */
export function addSetup(program: Command, io: CliIo): void {
  const command = program
    .command('setup')
    .summary('make a Temporal server ready for runs')
    .description(
      'Make a Temporal server ready for runs: its namespace and our search attributes. Safe to repeat. `dev` does this by itself.',
    )
    .option('--json', 'print the steps as JSON')
    .action(async (flags: { readonly json?: boolean }) => {
      await setup(flags, io);
    });
  setNotes(command, {
    more: ['The server is the one that TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other TEMPORAL_* variables name.'],
    examples: [['TEMPORAL_ADDRESS=temporal.internal:7233 garudust-temporal setup', 'before the first deployment']],
    exits: ['ok', 'usage', 'unavailable', 'refused'],
  });
}

async function setup({ json }: { readonly json?: boolean }, io: CliIo): Promise<void> {
  const { connectionOptions, namespace } = readTemporalSettings(io.env);
  const address = connectionOptions.address ?? '';
  const progress = createProgress(io);
  progress.show(`setting up ${namespace} at ${address}`);
  let steps: SetupStep[];
  try {
    const connection = await Connection.connect({ ...connectionOptions, connectTimeout: CONNECT_TIMEOUT_MS });
    steps = await setUpServer(connection, namespace).finally(() => connection.close());
  } catch (error) {
    const why = (error as { details?: string }).details ?? (error instanceof Error ? error.message : String(error));
    const mend = 'check TEMPORAL_ADDRESS, TEMPORAL_API_KEY and TEMPORAL_TLS*';
    throw new CliError('unavailable', `Temporal at ${address} can't be set up (${why}): ${mend}.`, { cause: error });
  } finally {
    progress.stop();
  }
  if (json === true) printJson(steps, io);
  else {
    for (const { what, state, problem } of steps) {
      io.stdout.write(`${state.padEnd(LABEL_WIDTH)}${what}${problem === undefined ? '' : `: ${problem}`}\n`);
    }
    io.stderr.write(`${BY_HAND}\n`);
  }
  if (steps.some(({ state }) => state === 'failed')) io.exit = 'refused';
}
