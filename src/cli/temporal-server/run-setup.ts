import { Connection } from '@temporalio/client';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { printJson } from '../report-outcome.ts';
import { createProgress } from '../show/progress.ts';
import { readTemporalSettings } from '../../stack/temporal-settings.ts';
import { setUpServer, type SetupStep } from './set-up-server.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const LABEL_WIDTH = 15;

/** What no API can set or even read. */
const BY_HAND =
  'Not to be set from here: the dynamic configuration value system.enableActivityEagerExecution: true (Temporal Server up to 1.31), without which runs take longer. Temporal Cloud has it.';

/**
 * Sets up the server that TEMPORAL_* name and tells each step.
 *
 * @throws CliError when the server can't be reached
 */
export async function runSetup({ json }: { readonly json?: boolean }, io: CliIo): Promise<void> {
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
