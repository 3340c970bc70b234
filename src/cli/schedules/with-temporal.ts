import { Client, Connection } from '@temporalio/client';
import { type PayloadOptions, Payloads } from '../../payloads/payloads.ts';
import { readSecretVariable } from '../../config/secret-files.ts';
import { BadValue, BadValues } from '../../settings/kind.ts';
import { payloadKeys } from '../../settings/payload-keys.ts';
import { readTemporalSettings, toClientOptions } from '../../stack/temporal-settings.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Asks the Temporal server that TEMPORAL_* select.
 *
 * @throws CliError `unavailable` when it can't be reached, or what `ask` throws
 */
export async function withTemporal<T>(io: CliIo, ask: (client: Client) => Promise<T>): Promise<T> {
  const { connectionOptions, namespace } = readTemporalSettings(io.env);
  let connection: Connection;
  try {
    connection = await Connection.connect({
      ...toClientOptions(connectionOptions),
      connectTimeout: CONNECT_TIMEOUT_MS,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const fix = 'check TEMPORAL_ADDRESS, TEMPORAL_API_KEY, TEMPORAL_TLS* and TEMPORAL_PROXY';
    const at = connectionOptions.address ?? '';
    throw new CliError('unavailable', `Temporal at ${at} can't be reached (${why}): ${fix}.`, { cause: error });
  }
  try {
    return await ask(new Client({ connection, namespace, plugins: [new Payloads(readKeys(io))] }));
  } finally {
    await connection.close();
  }
}

/** The task of a schedule is encrypted where those of runs are. */
function readKeys({ env, cwd }: CliIo): PayloadOptions {
  const { value, problem } = readSecretVariable(env, 'PAYLOAD_KEYS', cwd);
  if (problem !== undefined) throw new CliError('usage', problem);
  if (value === undefined) return {};
  try {
    return { keys: payloadKeys.read(value) };
  } catch (error) {
    const why = error instanceof BadValue || error instanceof BadValues ? error.message : 'cannot be read';
    throw new CliError('usage', `PAYLOAD_KEYS: a key ${why}.`, { cause: error });
  }
}
