import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { FailureType } from '../contract/failures.ts';
import { AgentError } from './agent.ts';

export interface RequestOptions {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: the request has none. */
  readonly body?: string | undefined;
  /** The only limit on time once the connection stands. */
  readonly signal: AbortSignal;
  /** Time to connect, TLS included, in milliseconds. Default: 10 s. */
  readonly connectTimeoutMs?: number;
  /** Called once the request is on its way. */
  onConnected?(): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Long silences must not be taken for dead connections by what stands between, and dead ones must be noticed. */
const KEEP_ALIVE_PROBE_MS = 30_000;

/**
 * Sends a request to an agent and waits for the head of its answer, however long that takes. When `signal` aborts, the answer
 * fails with its reason, too.
 *
 * `node:http` and not `fetch`: the latter gives up after 300 s without a header. Each call has a connection of its own: a
 * kept one that the agent closes at the same moment looks like one that broke in the midst of paid work, and next to a call
 * of seconds to minutes a connection costs nothing. Redirects are not followed; no environment proxy is used.
 *
 * @throws AgentError `AgentUnreachable` or `AgentMisconfigured` (its certificate is not trusted) before anything was sent,
 * `ConnectionLost` after; `signal.reason` when aborted, with the connection cut.
 */
export function sendRequest(options: RequestOptions): Promise<http.IncomingMessage> {
  const { method, url, body, signal } = options;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    let connected = false;
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      agent: false,
      headers: {
        ...options.headers,
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        connection: 'close',
      },
    });
    const fail = (error: Error): void => {
      clearTimeout(connectTimer);
      signal.removeEventListener('abort', onAbort);
      request.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason as Error);
    const connectTimer = setTimeout(
      () => fail(new AgentError('AgentUnreachable', 'did not accept a connection in time')),
      options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    request.once('socket', (socket) => {
      socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
      onReady(socket, url.protocol, () => {
        connected = true;
        clearTimeout(connectTimer);
        options.onConnected?.();
      });
    });
    request.on('error', (error) => fail(connected ? connectionLost() : notConnected(error)));
    request.once('response', (response) => {
      signal.removeEventListener('abort', onAbort);
      const cut = (): void => void response.destroy(signal.reason as Error);
      signal.addEventListener('abort', cut, { once: true });
      // Whoever reads it fails by it; before somebody reads, nobody may.
      response.on('error', () => undefined);
      response.once('close', () => {
        signal.removeEventListener('abort', cut);
        request.destroy();
      });
      resolve(response);
    });
    request.end(body);
  });
}

function onReady(socket: Socket, protocol: string, listener: () => void): void {
  socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', listener);
}

/** The connection ended in the midst of a request or an answer: the agent may have worked. */
export function connectionLost(): AgentError {
  return new AgentError('ConnectionLost', 'broke off the connection while it worked');
}

/** What the system or TLS says before anything was sent, by its code. */
const CONNECTION_ROWS: readonly (readonly [codes: RegExp, type: FailureType, what: string, fix?: string])[] = [
  [
    /^CERT_HAS_EXPIRED$/,
    'AgentMisconfigured',
    'has a certificate that has expired',
    "Renew the certificate of the agent, and check the worker's clock.",
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'AgentMisconfigured',
    'has a certificate for another host',
    'Set the host of its url to one that the certificate names.',
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_/,
    'AgentMisconfigured',
    'has a certificate that this worker does not trust',
    'Start the worker with NODE_EXTRA_CA_CERTS set to a file with the certificate of its authority.',
  ],
  [
    /SSL|TLS|EPROTO/,
    'AgentMisconfigured',
    'does not speak TLS at this address',
    'Write http:// in its url if it has no TLS, and check the port.',
  ],
  [
    /^(?:ENOTFOUND|EAI_)/,
    'AgentUnreachable',
    'has a host that DNS does not find',
    "Check the host in its url, and the worker's DNS.",
  ],
];

function notConnected(error: Error & { code?: string }): AgentError {
  const code = error.code ?? '';
  const [, type, what, fix] = CONNECTION_ROWS.find(([codes]) => codes.test(code)) ?? [
    undefined,
    'AgentUnreachable',
    'did not accept a connection',
  ];
  const shown = /^[A-Z][A-Z_]+$/.test(code) ? code : 'no reply';
  return new AgentError(type, `${what} (${shown})`, fix === undefined ? {} : { fix });
}
