import { type ApiClient, createApiClient } from './api-client.ts';
import type { CliIo } from './cli-io.ts';
import { findApiKey, missingCredential } from './find-credentials.ts';
import { readServerUrl } from './server-url.ts';

/**
 * A client that reads runs, for the server and with the key that flags, environment and this folder name.
 *
 * @throws CliError
 */
export function connectApi(flags: { readonly url?: string }, io: CliIo): ApiClient {
  const url = readServerUrl(flags.url, io);
  const apiKey = findApiKey(io, url);
  if (apiKey === undefined) throw missingCredential('RUNS_API_KEY', 'API key');
  return createApiClient({ url, apiKey, signal: io.interrupted });
}
