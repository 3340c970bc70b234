import { request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { EgressTarget } from './address-policy.ts';
import { agreeTls, type DialOptions, type TlsTrust } from './dial.ts';
import { ConnectionError } from './egress-error.ts';

const MAX_HEADER_BYTES = 16 * 1024;

/** A proxy that an operator has configured: every callback goes through it. */
export interface EgressProxy {
  /** Whether the connection to the proxy uses TLS. */
  readonly secure: boolean;
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `Proxy-Authorization`; a secret. */
  readonly authorization?: string;
}

/**
 * Reads the address of a proxy, such as `http://user:password@proxy.internal:3128`.
 *
 * @throws RangeError for anything else; the message does not repeat the value, which may hold a password
 */
export function parseEgressProxy(text: string): EgressProxy {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search + url.hash !== '') {
    throw new RangeError('The egress proxy is not a valid address: write it as http://proxy.internal:3128.');
  }
  const secure = url.protocol === 'https:';
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  const authorization = `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
  return {
    secure,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    ...(url.username + url.password !== '' && { authorization }),
  };
}

/**
 * Opens a connection to the host of a URL through a proxy, by CONNECT (RFC 9110 9.3.6), for http too, so that a response of
 * the proxy never counts as one of the receiver. The proxy resolves names.
 *
 * @throws ConnectionError of stage `proxy` or `tls`, also when aborted; with code `PROXY_403` when the proxy answers 403
 */
export async function dialThrough(proxy: EgressProxy, target: EgressTarget, options: DialOptions): Promise<Socket> {
  const tunnel = await openTunnel(proxy, target, options);
  return target.secure ? agreeTls(tunnel, target, options) : tunnel;
}

function openTunnel(proxy: EgressProxy, target: EgressTarget, { signal, trust }: DialOptions): Promise<Socket> {
  const where = `${isIP(target.host) === 6 ? `[${target.host}]` : target.host}:${target.port}`;
  return new Promise((resolve, reject) => {
    const socket = connectToProxy(proxy, trust);
    // No agent: nothing is kept alive, and no proxy of the environment applies.
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
      // A late error of the dying socket must not end the process.
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
