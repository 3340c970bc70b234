import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliIo } from '../cli-io.ts';
import { CliError } from '../cli-error.ts';
import { setNotes } from '../command-notes.ts';
import { showReady } from '../dev/show-ready.ts';
import { startDevStack } from '../dev/start-dev-stack.ts';
import { DEV_FOLDER } from '../environment.ts';
import { parsePort } from '../flag-values.ts';
import { addSettingFlags } from '../setting-flags.ts';
import { createProgress } from '../show/progress.ts';
import { serveUntilStopped } from '../stack/serve-until-stopped.ts';

const TEMPORAL_PORT = 7233;
const TEMPORAL_UI_PORT = 8233;

interface DevFlags extends Record<string, unknown> {
  readonly temporalPort?: number;
  readonly temporalUiPort?: number;
}

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
    await dev(flags, io);
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

async function dev({ temporalPort, temporalUiPort, ...flags }: DevFlags, io: CliIo): Promise<void> {
  const progress = createProgress(io);
  const stack = await startDevStack(io, {
    folder: resolve(io.cwd, DEV_FOLDER),
    temporalPort: temporalPort ?? TEMPORAL_PORT,
    temporalUiPort: temporalUiPort ?? TEMPORAL_UI_PORT,
    flags,
    progress,
  }).finally(() => progress.stop());
  showReady(stack, io);
  let died = false;
  const serverDied = stack.serverDied.then(() => {
    died = true;
    return undefined;
  });
  await serveUntilStopped(stack, io, serverDied);
  if (died) throw new CliError('internal', `The Temporal dev server has ended: ${DEV_FOLDER}/temporal.log says why.`);
  io.stderr.write('stopped\n');
}
