import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { StartError } from './start-error.ts';

/** How a Temporal server is reached; the same options serve both kinds of connection. */
export interface TemporalSettings {
  readonly connectionOptions: NativeConnectionOptions & ConnectionOptions;
  readonly namespace: string;
}

/**
 * The settings of the standard environment (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
 * `TEMPORAL_TLS*`, `TEMPORAL_PROFILE`) and its file, read as every Temporal tool reads them.
 *
 * @throws StartError with what is wrong with them
 */
export function readTemporalSettings(env: Readonly<Record<string, string | undefined>>): TemporalSettings {
  try {
    const overrideEnvVars = Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({ overrideEnvVars });
    return { connectionOptions: { address: 'localhost:7233', ...connectionOptions }, namespace };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`Invalid Temporal connection settings: ${why}. Check TEMPORAL_* and the profile file.`, {
      cause: error,
    });
  }
}

/** Whether the environment names a Temporal server, directly or by a profile. */
export function namesTemporalServer(env: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(env['TEMPORAL_ADDRESS'] || env['TEMPORAL_PROFILE'] || env['TEMPORAL_CONFIG_FILE']);
}
