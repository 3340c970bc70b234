import type { Command } from 'commander';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import type { DevFlags } from '../dev/run-dev.ts';
import { DEV_FOLDER, TEMPORAL_PORT, TEMPORAL_UI_PORT } from '../environment.ts';
import { addSettingFlags, parsePort } from '../flag-values.ts';

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

/** `demo`: one whole round trip on this machine. */
export function addDemo(program: Command, io: CliIo): void {
  const command = program
    .command('demo')
    .summary('one whole round trip on this machine, from webhook to callback')
    .description(
      'Start the whole of `dev` on free ports, post a signed webhook to it, follow its run, receive its callback and check the signature, then stop everything.',
    )
    .option('--keep', 'leave it running, with its Temporal UI, until Ctrl-C')
    .action(async (flags: { readonly keep?: boolean }) => {
      const { runDemo } = await import('../dev/run-demo.ts');
      await runDemo(flags.keep === true, io);
    });
  setNotes(command, {
    more: ['With GARUDUST_URL set, your own Garudust answers; with TEMPORAL_ADDRESS, that server is used.'],
    examples: [['garudust-temporal demo --keep', 'and look at the run in the Temporal UI']],
    exits: ['ok', 'runFailed', 'usage', 'unavailable', 'interrupted'],
  });
}
