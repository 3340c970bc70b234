import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientOptions } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { createCodecServer } from '../payloads/codec-server/codec-server.ts';
import { createPayloads } from './create-payloads.ts';
import { aborted } from '../timing/until.ts';
import { loadPlugins } from './load-plugins.ts';
import { loadProcess, type ProcessOptions } from './load-process.ts';
import { StartError } from './start-error.ts';

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** For requests in flight when the server stops. */
const GRACE_MS = 2000;

/**
 * Runs a codec server until `interrupted`.
 *
 * @throws StartError for an invalid configuration, for an address that is not available, and where anybody could decrypt
 */
export async function runCodecServer({
  interrupted,
  ...options
}: Omit<ProcessOptions, 'mode'> & { readonly interrupted: AbortSignal }): Promise<void> {
  // It verifies no webhooks, so it needs no secret for them.
  const env = { GARUDUST_WEBHOOK_SECRET: randomBytes(20).toString('hex'), ...options.env };
  const { loaded, logger } = loadProcess({ ...options, env, mode: 'production', quiet: true });
  const { codecServer, payloads, temporalUiUrl, worker } = loaded.config;
  const { host, port, token = [], body } = codecServer;
  const ui = temporalUiUrl === undefined ? [] : [new URL(temporalUiUrl).origin];
  const origins = codecServer.origins.length > 0 ? codecServer.origins : ui;
  if (payloads.keys === undefined && worker.plugins.length === 0) {
    throw new StartError('There is nothing to decode: set PAYLOAD_KEYS (payloads.keys) to the keys of the workers.');
  }
  if (token.length === 0 && !LOOPBACK.test(host)) {
    throw new StartError(
      `Without a login everybody who reaches ${host} could decrypt: set CODEC_TOKEN (codec_server.token), or listen on 127.0.0.1.`,
    );
  }
  const codecs = codecsOf([...(await loadPlugins(worker.plugins)), createPayloads(payloads)]);
  const server = createCodecServer({ codecs, tokens: token, origins, maxBodyBytes: body, logger });
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException;
    const fix = 'Set CODEC_HOST and CODEC_PORT to an address of this machine with a free port.';
    throw new StartError(`The codec server cannot listen on ${host}:${port} (${code}). ${fix}`, { cause: error });
  });
  const address = server.address();
  const bound = typeof address === 'object' ? address?.port : undefined;
  logger.info({ host, port: bound ?? port, origins, login: token.length > 0 }, 'codec server listening');
  await aborted(interrupted);
  server.close();
  server.closeIdleConnections();
  // A browser opens connections ahead, on which it asks nothing and which do not count as idle.
  const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await once(server, 'close');
  clearTimeout(cut);
  logger.info({}, 'stopped');
}

/** The codecs that a client with these plugins has. */
function codecsOf(plugins: readonly { configureClient?(options: ClientOptions): ClientOptions }[]): PayloadCodec[] {
  const configured = plugins.reduce<ClientOptions>((made, plugin) => plugin.configureClient?.(made) ?? made, {});
  return configured.dataConverter?.payloadCodecs ?? [];
}
