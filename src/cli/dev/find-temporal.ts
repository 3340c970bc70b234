import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import {
  namesTemporalServer,
  readTemporalSettings,
  type TemporalSettings,
  toClientOptions,
} from '../../stack/temporal-settings.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import type { Progress } from '../show/progress.ts';
import { DevServerError } from '../temporal-server/check-dev-server-place.ts';
import { findTemporalCli, TemporalCliNotFoundError } from '../temporal-server/find-temporal-cli.ts';
import { setUpServer } from '../temporal-server/set-up-server.ts';
import { type DevServer, startDevServer } from '../temporal-server/start-dev-server.ts';

const SETUP_TIMEOUT_MS = 10_000;

export interface FindTemporalOptions {
  /** Keeps the SQLite file and the server's log. */
  readonly folder: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly uiPort: number;
  readonly progress: Progress;
}

/** A Temporal server to work with. */
export interface FoundTemporal {
  readonly settings: TemporalSettings;
  /** Undefined for an external server. */
  readonly server: DevServer | undefined;
}

/**
 * The server that the environment names, made ready for runs; else a dev server of our own.
 *
 * @throws CliError with one sentence: no server answers, no Temporal CLI, a port or the database file is not available
 */
export async function findTemporal(io: CliIo, options: FindTemporalOptions): Promise<FoundTemporal> {
  if (namesTemporalServer(io.env)) {
    const settings = readTemporalSettings(io.env);
    await setUp(settings, options.progress);
    return { settings, server: undefined };
  }
  const server = await startServer(io, options);
  return {
    settings: { connectionOptions: { address: server.address }, namespace: server.namespace },
    server,
  };
}

async function setUp(settings: TemporalSettings, progress: Progress): Promise<void> {
  const address = settings.connectionOptions.address ?? '';
  progress.show(`connecting to Temporal at ${address}`);
  const connection = await Connection.connect({
    ...toClientOptions(settings.connectionOptions),
    connectTimeout: SETUP_TIMEOUT_MS,
  }).catch((error: unknown) => {
    throw new CliError(
      'unavailable',
      `No Temporal server answers at ${address}: start it, correct TEMPORAL_ADDRESS, or unset it to start a dev server.`,
      { cause: error },
    );
  });
  try {
    const steps = await setUpServer(connection, settings.namespace);
    const failed = steps.find(({ state }) => state === 'failed');
    if (failed !== undefined) throw new CliError('refused', `${failed.what}: ${failed.problem ?? 'refused'}`);
  } finally {
    await connection.close();
  }
}

async function startServer(io: CliIo, { folder, port, uiPort, progress }: FindTemporalOptions): Promise<DevServer> {
  try {
    const cli = await findTemporalCli({ env: io.env, onProgress: ({ message }) => progress.show(message) });
    progress.show('starting the Temporal dev server');
    return await startDevServer({
      cliPath: cli.path,
      databaseFile: join(folder, 'temporal.db'),
      logFile: join(folder, 'temporal.log'),
      port,
      uiPort,
    });
  } catch (error) {
    if (error instanceof TemporalCliNotFoundError) throw new CliError('unavailable', error.message, { cause: error });
    if (error instanceof DevServerError) throw new CliError('usage', explain(error), { cause: error });
    throw error;
  }
}

function explain(error: DevServerError): string {
  if (error.code !== 'PORT_IN_USE') return error.message;
  return `${error.message} If that is the Temporal server you want to use, set TEMPORAL_ADDRESS.`;
}
