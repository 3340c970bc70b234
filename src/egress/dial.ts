import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { EgressTarget } from './address-policy.ts';
import { ConnectionError } from './connection-error.ts';

/** What a caller of ours may set of TLS. */
export type TlsTrust = Pick<ConnectionOptions, 'ca'>;

export interface DialOptions {
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  /** How long TCP may take to connect, in milliseconds, where that is less than the signal allows. */
  readonly connectMs?: number | undefined;
  readonly trust?: TlsTrust | undefined;
}

/**
 * Opens a connection to one address that policy has let through; for https with TLS agreed and the certificate checked
 * for the host of the URL.
 *
 * @param address an IP address, which is dialled as it is: nothing is looked up
 * @throws ConnectionError of stage `connect` or `tls`, also when aborted
 */
export function dial(target: EgressTarget, address: string, options: DialOptions): Promise<Socket> {
  const place = { host: address, port: target.port };
  const socket = target.secure
    ? connectTls({ ...options.trust, ...tlsOptions(target), ...place })
    : connect({ ...place, noDelay: true });
  return untilOpen(socket, 'connect', target.secure, options);
}

/**
 * Agrees TLS with the host of a URL over a connection that is there, as `dial` does.
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
      // What a dying socket still says must not end the process.
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
    // RFC 6066 section 3: no address in the server name. The certificate is then checked for the address.
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED=0 does not reach callbacks.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  };
}
