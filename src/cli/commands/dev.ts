import type { Command } from 'commander';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import type { DevFlags } from '../dev/run-dev.ts';
import { DEV_FOLDER, TEMPORAL_PORT, TEMPORAL_UI_PORT } from '../environment.ts';
import { parsePort } from '../flag-values.ts';
import { addSettingFlags } from '../setting-flags.ts';

/** `dev`: everything on one machine, with made-up secrets. */
export function addDev(program: Command, io: CliIo): void {
  const command = program
    .command('dev')
    .summary('everything on this machine: Temporal, ingress, worker, an agent')
    .description(
      'Start everything on this machine: a Temporal dev server with its UI, the ingress, a worker and, without GARUDUST_URL, the built-in demo agent.',
    );
  command
    .addOption(
      command
        .createOption('--temporal-port <port>', `port of the Temporal dev server (default: ${TEMPORAL_PORT})`)
        .argParser(parsePort),
    )
    .addOption(
      command
        .createOption('--temporal-ui-port <port>', `port of the Temporal UI (default: ${TEMPORAL_UI_PORT})`)
        .argParser(parsePort),
    );
  addSettingFlags(command).action(async (flags: DevFlags) => {
    // Loaded only here: the Temporal SDK takes half of the time that any command needs to start.
    const { runDev } = await import('../dev/run-dev.ts');
    await runDev(flags, io);
  });
  setNotes(command, {
    more: [
      `Runs survive a restart: they are kept in ${DEV_FOLDER}, with the secrets that are made up where none are set.`,
      'With TEMPORAL_ADDRESS set, that server is used and none is started.',
    ],
    examples: [
      ['garudust-temporal dev', 'with the demo agent'],
      ['GARUDUST_URL=http://127.0.0.1:3000 garudust-temporal dev', 'with your own Garudust'],
    ],
    exits: ['ok', 'usage', 'unavailable', 'internal'],
  });
}
