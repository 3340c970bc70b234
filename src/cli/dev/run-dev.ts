import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { DEV_FOLDER, DEV_URL_FILE, TEMPORAL_PORT, TEMPORAL_UI_PORT } from '../environment.ts';
import { createProgress } from '../show/progress.ts';
import { serveUntilStopped } from '../../stack/serve-until-stopped.ts';
import { checkNotRunning } from './check-dev-place.ts';
import { showReady } from './show-ready.ts';
import { startDevStack } from './start-dev-stack.ts';

/** Flags of `dev`, and those of settings by commander's names. */
export interface DevFlags extends Record<string, unknown> {
  readonly temporalPort?: number;
  readonly temporalUiPort?: number;
}

/**
 * Runs everything on this machine until Ctrl-C.
 *
 * @throws CliError when something prevents the start, and when the dev server exits unexpectedly
 */
export async function runDev({ temporalPort, temporalUiPort, ...flags }: DevFlags, io: CliIo): Promise<void> {
  const urlFile = resolve(io.cwd, DEV_URL_FILE);
  await checkNotRunning(urlFile);
  const progress = createProgress(io);
  const stack = await startDevStack(io, {
    folder: resolve(io.cwd, DEV_FOLDER),
    temporalPort: temporalPort ?? TEMPORAL_PORT,
    temporalUiPort: temporalUiPort ?? TEMPORAL_UI_PORT,
    flags,
    progress,
  }).finally(() => progress.stop());
  writeFileSync(urlFile, `${stack.ingressUrl}\n`);
  showReady({ ...stack, keepsSecrets: true }, io);
  let died = false;
  const serverDied = stack.serverDied.then(() => {
    died = true;
    return undefined;
  });
  await serveUntilStopped(stack, io.interrupted, {
    tell: (line) => void io.stderr.write(`${line}\n`),
    until: serverDied,
  });
  rmSync(urlFile, { force: true });
  if (died)
    throw new CliError('internal', `The Temporal dev server exited unexpectedly: see ${DEV_FOLDER}/temporal.log.`);
  io.stderr.write('stopped\n');
}
