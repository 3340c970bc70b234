import { Connection } from '@temporalio/client';
import { readTemporalSettings, toClientOptions } from '../../stack/temporal-settings.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { printJson } from '../report-outcome.ts';
import { createProgress } from '../show/progress.ts';
import { readSchedules } from '../schedules/read-schedules.ts';
import { setUpSchedules } from '../schedules/set-up-schedules.ts';
import { type SetupOptions, type SetupStep, setUpServer } from './set-up-server.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const LABEL_WIDTH = 15;

/** No API can set or read this. */
const BY_HAND =
  'Recommended for Temporal Server up to 1.31: set system.enableActivityEagerExecution: true and matching.enableFairness: true in the dynamic configuration. The first shortens runs, the second lets clients take turns; Temporal Cloud sets the first.';

/**
 * Sets up the server that TEMPORAL_* select and prints each step.
 *
 * @throws CliError when the server can't be reached
 */
export async function runSetup(
  { json, config: file, ...options }: SetupOptions & { readonly json?: boolean; readonly config?: string },
  io: CliIo,
): Promise<void> {
  const { connectionOptions, namespace } = readTemporalSettings(io.env);
  const planned = await readSchedules(file, io);
  const address = connectionOptions.address ?? '';
  const progress = createProgress(io);
  progress.show(`${options.check === true ? 'checking' : 'setting up'} namespace ${namespace} at ${address}`);
  let steps: SetupStep[];
  try {
    const connection = await Connection.connect({
      ...toClientOptions(connectionOptions),
      connectTimeout: CONNECT_TIMEOUT_MS,
    });
    try {
      steps = await setUpServer(connection, namespace, options);
      if (planned !== undefined && steps.every(({ problem }) => problem === undefined)) {
        const isNew = steps.some(({ state }) => state === 'created');
        steps.push(...(await setUpSchedules(connection, planned, { namespace, isNew, check: options.check === true })));
      }
    } finally {
      await connection.close();
    }
  } catch (error) {
    const why = (error as { details?: string }).details ?? (error instanceof Error ? error.message : String(error));
    const fix = 'check TEMPORAL_ADDRESS, TEMPORAL_API_KEY, TEMPORAL_TLS* and TEMPORAL_PROXY';
    throw new CliError('unavailable', `Setup of Temporal at ${address} failed (${why}): ${fix}.`, { cause: error });
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
  if (steps.some(({ problem }) => problem !== undefined)) io.exit = 'refused';
}
