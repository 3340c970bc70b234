import { request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { EgressTarget } from './address-policy.ts';
import { ConnectionError } from './connection-error.ts';
import { agreeTls, type DialOptions, type TlsTrust } from './dial.ts';
import type { EgressProxy } from './egress-proxy.ts';

const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Opens a connection to the host of a URL through a proxy, by CONNECT (RFC 9110 9.3.6), for http too, so that an answer of the
 * proxy is never taken for one of the receiver. A name is resolved by the proxy, not here.
 *
 * @throws ConnectionError of stage `proxy` or `tls`, also when aborted; with code `PROXY_403` where the proxy answered 403
 */
export async function dialThrough(proxy: EgressProxy, target: EgressTarget, options: DialOptions): Promise<Socket> {
  const tunnel = await openTunnel(proxy, target, options);
  return target.secure ? agreeTls(tunnel, target, options) : tunnel;
}

function openTunnel(proxy: EgressProxy, target: EgressTarget, { signal, trust }: DialOptions): Promise<Socket> {
  const where = `${isIP(target.host) === 6 ? `[${target.host}]` : target.host}:${target.port}`;
  return new Promise((resolve, reject) => {
    const socket = connectToProxy(proxy, trust);
    // No agent: nothing is kept, and no proxy of the environment stands before this one.
    const req = request({
      method: 'CONNECT',
      path: where,
      headers: {
        host: where,
        ...(proxy.authorization !== undefined && { 'proxy-authorization': proxy.authorization }),
      },
      createConnection: () => socket,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
    });
    const fail = (cause: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      // What a dying socket still says must not end the process.
      socket.on('error', () => undefined).destroy();
      req.destroy();
      reject(new ConnectionError('proxy', cause));
    };
    const onAbort = (): void => fail('ABORTED');
    req.on('error', fail);
    req.once('connect', ({ statusCode = 0 }, tunnel: Socket, early: Buffer) => {
      if (statusCode < 200 || statusCode > 299) return fail(`PROXY_${statusCode}`);
      signal.removeEventListener('abort', onAbort);
      if (early.length > 0) tunnel.unshift(early);
      resolve(tunnel);
    });
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else req.end();
  });
}

function connectToProxy({ secure, host, port }: EgressProxy, trust: TlsTrust | undefined): Socket {
  return secure
    ? connectTls({
        ...trust,
        host,
        port,
        servername: isIP(host) === 0 ? host : '',
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
      })
    : connect({ host, port, noDelay: true });
}
