/** A proxy that an operator has named: every callback goes through it. */
export interface EgressProxy {
  /** Spoken to by TLS. */
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
 * @throws RangeError for anything else; the message repeats nothing of it, for it may hold a password
 */
export function parseEgressProxy(text: string): EgressProxy {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search + url.hash !== '') {
    throw new RangeError('The egress proxy is not an address of one: write it as http://proxy.internal:3128.');
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
