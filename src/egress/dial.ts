import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { EgressTarget } from './address-policy.ts';
import { ConnectionError } from './egress-error.ts';

/** The TLS options that our caller may set. */
export type TlsTrust = Pick<ConnectionOptions, 'ca'>;

export interface DialOptions {
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  /** Milliseconds that TCP may take to connect, where that is less than the signal allows. */
  readonly connectMs?: number | undefined;
  readonly trust?: TlsTrust | undefined;
}

/**
 * Opens a connection to one address that policy permits; for https with TLS established and the certificate checked for the
 * host of the URL.
 *
 * @param address an IP address, dialled as it is, without a lookup
 * @throws ConnectionError of stage `connect` or `tls`, also when aborted
 */
export function dial(target: EgressTarget, address: string, options: DialOptions): Promise<Socket> {
  const to = { host: address, port: target.port };
  const socket = target.secure
    ? connectTls({ ...options.trust, ...tlsOptions(target), ...to })
    : connect({ ...to, noDelay: true });
  return untilOpen(socket, 'connect', target.secure, options);
}

/**
 * Establishes TLS with the host of a URL over an open connection, as `dial` does.
 *
 * @throws ConnectionError of stage `tls`, also when aborted
 */
export function agreeTls(over: Socket, target: EgressTarget, options: DialOptions): Promise<Socket> {
  const socket = connectTls({ ...options.trust, ...tlsOptions(target), socket: over });
  return untilOpen(socket, 'tls', true, options);
}

function untilOpen(
  socket: Socket,
  first: 'connect' | 'tls',
  secure: boolean,
  { signal, connectMs }: DialOptions,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let stage = first;
    const timer = connectMs === undefined ? undefined : setTimeout(() => fail('ETIMEDOUT'), connectMs);
    const stop = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail).off('close', onClose);
    };
    const fail = (cause: unknown): void => {
      stop();
      // A late error of the dying socket must not end the process.
      socket.on('error', () => undefined).destroy();
      reject(new ConnectionError(stage, cause));
    };
    const onClose = (): void => fail('ECONNRESET');
    const onAbort = (): void => fail('ABORTED');
    const done = (): void => {
      stop();
      resolve(socket);
    };
    signal.addEventListener('abort', onAbort);
    socket.on('error', fail).on('close', onClose);
    socket.once('connect', () => {
      clearTimeout(timer);
      stage = 'tls';
      if (!secure) done();
    });
    socket.once('secureConnect', done);
    if (signal.aborted) onAbort();
  });
}

function tlsOptions({ host }: EgressTarget): ConnectionOptions {
  return {
    // RFC 6066 section 3: the server name is never an address. The certificate is then checked for the address.
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED=0 does not apply to callbacks.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  };
}
