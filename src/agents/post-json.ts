import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import { AgentError } from './agent.ts';

export interface PostJsonOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The only limit on time once the connection stands. */
  readonly signal: AbortSignal;
  /** Time to connect, TLS included, in milliseconds. Default: 10 s. */
  readonly connectTimeoutMs?: number;
  /** How much of the answer is read, by its status; the rest is not waited for. */
  maxBytes(status: number): number;
  /** Called once the request is on its way. */
  onConnected?(): void;
}

export interface JsonReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The answer was longer than `maxBytes`. */
  readonly truncated: boolean;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Long silences must not be taken for dead connections by what stands between, and dead ones must be noticed. */
const KEEP_ALIVE_PROBE_MS = 30_000;

/**
 * Posts JSON to an agent and waits for the answer, however long it takes.
 *
 * `node:http` and not `fetch`: the latter gives up after 300 s without a header. Each call has a connection of its own: a
 * kept one that the agent closes at the same moment looks like one that broke in the midst of paid work, and next to a call
 * of seconds to minutes a connection costs nothing. Redirects are not followed; no environment proxy is used.
 *
 * @throws AgentError `AgentUnreachable` or `AgentMisconfigured` (its certificate is not trusted) before anything was sent,
 * `ConnectionLost` after; `signal.reason` when aborted, with the connection cut.
 */
export function postJson(options: PostJsonOptions): Promise<JsonReply> {
  const { url, body, signal } = options;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    let connected = false;
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      agent: false,
      headers: {
        ...options.headers,
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
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
      readReply(response, options.maxBytes(response.statusCode ?? 0)).then((reply) => {
        signal.removeEventListener('abort', onAbort);
        request.destroy();
        resolve(reply);
      }, fail);
    });
    request.end(body);
  });
}

function onReady(socket: Socket, protocol: string, listener: () => void): void {
  socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', listener);
}

function readReply(response: http.IncomingMessage, maxBytes: number): Promise<JsonReply> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (truncated: boolean): void =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString('utf8'),
        truncated,
      });
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, maxBytes - bytes));
      bytes += chunk.length;
      if (bytes <= maxBytes) return;
      response.pause();
      finish(true);
    });
    response.once('end', () => finish(false));
    // A body that ends before its announced length is an "aborted" error and no "end".
    response.once('error', () => reject(connectionLost()));
    response.once('close', () => reject(connectionLost()));
  });
}

function connectionLost(): AgentError {
  return new AgentError('ConnectionLost', 'broke off the connection while it worked');
}

function notConnected(error: Error & { code?: string }): AgentError {
  const code = error.code ?? '';
  return /CERT|SELF_SIGNED|UNABLE_TO_|SSL|TLS|EPROTO/.test(code)
    ? new AgentError('AgentMisconfigured', 'has an untrusted certificate or does not use TLS')
    : new AgentError(
        'AgentUnreachable',
        `did not accept a connection (${/^E[A-Z_]+$/.test(code) ? code : 'no reply'})`,
      );
}
