import type { Command } from 'commander';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import type { DevFlags } from '../dev/run-dev.ts';
import { DEV_FOLDER, TEMPORAL_PORT, TEMPORAL_UI_PORT } from '../environment.ts';
import { addSettingFlags, parsePort } from '../flag-values.ts';

/** `dev`: everything on one machine, with generated secrets. */
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
    // Loaded only here: loading the Temporal SDK takes half of a command's start.
    const { runDev } = await import('../dev/run-dev.ts');
    await runDev(flags, io);
  });
  setNotes(command, {
    more: [
      `Runs survive a restart: ${DEV_FOLDER} keeps them, and the secrets that are generated when none are set, for your user alone.`,
      'With TEMPORAL_ADDRESS set, dev uses that server and starts none.',
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
    .summary('one round trip on this machine, from webhook to callback')
    .description(
      'Start what `dev` starts on free ports, post a signed webhook, follow its run, receive its callback, verify the signature, and stop.',
    )
    .option('--keep', 'keep everything running, with the Temporal UI, until Ctrl-C')
    .action(async (flags: { readonly keep?: boolean }) => {
      const { runDemo } = await import('../dev/run-demo.ts');
      await runDemo(flags.keep === true, io);
    });
  setNotes(command, {
    more: ['With GARUDUST_URL set, your own Garudust answers; with TEMPORAL_ADDRESS set, the demo uses that server.'],
    examples: [['garudust-temporal demo --keep', 'then look at the run in the Temporal UI']],
    exits: ['ok', 'runFailed', 'usage', 'unavailable', 'interrupted'],
  });
}
