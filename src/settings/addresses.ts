import { isIP, isIPv4, isIPv6 } from 'node:net';
import { BadValue, type Kind } from './kind.ts';

/** Where to listen: an IP address or a host name. */
export const listenHost: Kind<string> = {
  accepts: 'IP address or host name',
  read(value) {
    if (typeof value === 'string' && (isIP(value) !== 0 || isHostName(value))) return value;
    throw new BadValue('is not an IP address or host name: use 127.0.0.1, 0.0.0.0, :: or a host name, without a port');
  },
  show: (value) => value,
};

function isHostName(text: string): boolean {
  return (
    text.length <= 253 && /^(?!-)[a-z0-9-]{1,63}(?:\.(?!-)[a-z0-9-]{1,63})*$/i.test(text) && !/^[\d.]+$/.test(text)
  );
}

/** Where something listens that takes no host name: an IP address with its port. */
export const socketAddress: Kind<string> = {
  accepts: 'IP address and port',
  read(value) {
    const [, v6, v4, port] = (typeof value === 'string' && /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})$/.exec(value)) || [];
    const isPort = Number(port) > 0 && Number(port) <= 65_535;
    if (isPort && (v6 === undefined ? isIPv4(v4 ?? '') : isIPv6(v6) && !v6.includes('%'))) return String(value);
    throw new BadValue('is not an IP address and port: write it as 127.0.0.1:9464, 0.0.0.0:9464 or [::]:9464');
  },
  show: (value) => value,
};

/** An http or https address without credentials, query or fragment; read without a slash at its end. */
export const baseUrl: Kind<string> = {
  accepts: 'http(s) URL',
  read(value) {
    const url = parseUrl(value);
    if (url === undefined || !/^https?:$/.test(url.protocol))
      throw new BadValue('is not an http(s) URL: write it as http://host:port');
    if (url.username !== '' || url.password !== '') throw new BadValue('contains credentials: remove them');
    if (url.search !== '' || url.hash !== '') throw new BadValue('has a query or fragment: remove it');
    return url.href.replace(/\/+$/, '');
  },
  show: (value) => value,
};

/** The origin of web pages, as a browser names it (RFC 6454). */
export const webOrigin: Kind<string> = {
  accepts: 'origin',
  read(value) {
    const url = parseUrl(value);
    if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
    throw new BadValue('is not an origin: write scheme, host and port alone, as https://temporal.example.com');
  },
  show: (value) => value,
};

/** An http or https address that something is posted to. Shown without its path, which may be as good as a key. */
export const postUrl: Kind<string> = {
  accepts: 'http(s) URL',
  read(value) {
    const url = parseUrl(value);
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new BadValue('is not an http(s) URL: write it as https://host/path');
    }
    if (url.username !== '' || url.password !== '') throw new BadValue('contains credentials: remove them');
    return url.href;
  },
  show: (value) => `${new URL(value).origin}/…`,
};

/** The address of an HTTP proxy, with its credentials where it wants some. Shown without them. */
export const proxyUrl: Kind<string> = {
  accepts: 'http(s) URL of a proxy',
  read(value) {
    const url = parseUrl(value);
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search + url.hash !== '') {
      throw new BadValue('is not a proxy URL: write it as http://proxy.internal:3128');
    }
    return url.href;
  },
  show(value) {
    const { origin, username, password } = new URL(value);
    return username + password === '' ? origin : `${origin} with credentials`;
  },
};

/** A network in CIDR form, RFC 4632 and RFC 4291 section 2.3; an address alone is a network of one. */
export const network: Kind<string> = {
  accepts: 'network',
  read(value) {
    const [address = '', prefix, ...rest] = typeof value === 'string' ? value.split('/') : [];
    const bits = isIPv6(address) ? 128 : 32;
    if (isIP(address) === 0 || address.includes('%') || rest.length > 0) {
      throw new BadValue('is not a network in CIDR form: write it as 10.0.0.0/8 or fd00::/8');
    }
    if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)) {
      throw new BadValue(`has an invalid prefix length: write 0 to ${bits} after the slash`);
    }
    return `${address}/${Number(prefix ?? bits)}`;
  },
  show: (value) => value,
};

/**
 * A host as a callback URL has it, with `*.` before it where only its subdomains are meant; read in the form that URLs
 * are compared in: lower case, punycode, no last dot.
 */
export const domain: Kind<string> = {
  accepts: 'host name',
  read(value) {
    const [, any = '', host = ''] = (typeof value === 'string' && /^(\*\.)?(.*)$/s.exec(value)) || [];
    const isHost = /^(?:\[[\da-f:.]+\]|[^/:@?#*\s\\%]+)$/i.test(host);
    const name = isHost ? parseUrl(`http://${host}`)?.hostname.replace(/\.$/, '') : undefined;
    if (!name) throw new BadValue('is not a host name: write it as ci.example.com, without scheme, port or path');
    return any + name;
  },
  show: (value) => value,
};

function parseUrl(value: unknown): URL | undefined {
  return typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
}
