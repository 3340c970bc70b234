import { isIP } from 'node:net';
import { isAllowedDomain } from './allowed-domain.ts';
import { parseNetworks } from './network.ts';
import { type OwnPlaces, refuseOwn } from './own-places.ts';
import { refusedPortOwner } from './refused-ports.ts';
import { whyForbidden } from './why-forbidden.ts';

/** What one client's callbacks may reach. */
export interface EgressRules {
  /** Hosts, each with its subdomains; none: any public host. They pass the address check all the same. */
  readonly allowedDomains: readonly string[];
  /** Networks in CIDR form that an operator has opened although they are not public. */
  readonly permitNetworks: readonly string[];
  /** Where this process listens, which is closed whatever networks are open. Default: nowhere. */
  readonly own?: OwnPlaces | undefined;
}

/** A URL that policy lets through, taken apart once, so that nobody parses it a second time in another way. */
export interface EgressTarget {
  readonly secure: boolean;
  /** Name or address: lower-case, in punycode, without brackets and trailing dot. */
  readonly host: string;
  readonly port: number;
  /** The `Host` header. */
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
  /** The addresses, where no lookup is needed to know them: all are permitted. */
  readonly addresses: readonly string[] | undefined;
}

export type UrlJudgement =
  | { readonly ok: true; readonly target: EgressTarget }
  /** `message` is for whoever sent the URL; it names nothing that did not stand in the URL. */
  | { readonly ok: false; readonly message: string };

const MAX_URL = 8192;
const MAX_NAME = 253;
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const LOOPBACK = ['127.0.0.1', '::1'];
const METADATA_NAMES = [
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
];
const MEND =
  'use a public address; an operator can permit networks with CALLBACK_PERMIT_NETWORKS (callback.permit_networks)';

/**
 * Judges a URL by everything that can be known without a lookup: scheme, credentials, port, host, and the address where
 * the host is one. Read by the WHATWG URL parser, so short, octal, hexadecimal and Unicode forms count as what they mean.
 *
 * @throws RangeError when `permitNetworks` holds something else than networks
 */
export function judgeUrl(text: string, rules: EgressRules): UrlJudgement {
  const url = parse(text);
  if (typeof url === 'string') return refuse(url);
  if (url.username !== '' || url.password !== '') {
    return refuse('a URL with a user name or password is refused: leave them out, callbacks are signed');
  }
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const owner = refusedPortOwner(port);
  if (owner !== undefined) {
    return refuse(`port ${port} is refused, it belongs to ${owner}: use 443 or another port of a web server`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const judged = judgeHost(host, rules);
  if (!judged.ok) return judged;
  const message = refuseOwn(port, judged.addresses ?? [], rules.own);
  if (message !== undefined) return refuse(message);
  const authority = (isIP(host) === 6 ? `[${host}]` : host) + (url.port === '' ? '' : `:${url.port}`);
  const target = { secure, host, port, authority, path: url.pathname + url.search, addresses: judged.addresses };
  return { ok: true, target };
}

/**
 * Judges what a name resolved to. One forbidden address condemns the whole answer: whoever mixes them is up to
 * something, and which of them is dialled may change between two tries. The same for one at which this process listens.
 *
 * @returns the message for whoever sent the URL, which names no address; undefined when all may be dialled
 */
export function refuseAddresses(
  { host, port }: Pick<EgressTarget, 'host' | 'port'>,
  addresses: readonly string[],
  rules: EgressRules,
): string | undefined {
  const permitted = parseNetworks(rules.permitNetworks);
  const forbidden = addresses.some((address) => whyForbidden(address, permitted) !== undefined);
  if (forbidden) return `${host} resolves to an address that is not public: ${MEND}`;
  return refuseOwn(port, addresses, rules.own);
}

/** The URL, or what is wrong with its form. */
function parse(text: string): URL | string {
  if (text.length > MAX_URL) return `a URL longer than ${MAX_URL} characters is refused: use a shorter one`;
  // The parser would drop or turn these, and so hide what another reader of the same text would see.
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u0020\u007f\\]/.test(text)) {
    return 'a URL with white space, a control character or a backslash is refused: percent-encode it';
  }
  if (!/^https?:\/\/[^/]/i.test(text)) return 'only http and https are permitted: write the URL as https://host/path';
  return URL.canParse(text)
    ? new URL(text)
    : 'the URL can not be read: write it as https://host/path, with a valid host';
}

type HostJudgement = { ok: true; addresses: readonly string[] | undefined } | { ok: false; message: string };

function judgeHost(host: string, rules: EgressRules): HostJudgement {
  const permitted = parseNetworks(rules.permitNetworks);
  const literal = isIP(host) !== 0;
  if (!literal && !isName(host)) return refuse(`the host of the URL is not a name that DNS knows: correct it`);
  if (METADATA_NAMES.includes(host)) return refuse(`${host} is a metadata service: use a public address`);
  if (!isAllowedDomain(host, rules.allowedDomains)) {
    return refuse(
      `${host} is not among the permitted callback domains: use one of them; an operator can add it to GARUDUST_ALLOWED_CALLBACK_DOMAINS (allowed_callback_domains)`,
    );
  }
  if (literal) {
    const kind = whyForbidden(host, permitted);
    return kind === undefined ? { ok: true, addresses: [host] } : refuse(`${host} is a ${kind} address: ${MEND}`);
  }
  if (host === 'localhost' || host.endsWith('.localhost')) {
    // RFC 6761 6.3: these names are loopback, whatever a name server says.
    const addresses = LOOPBACK.filter((address) => whyForbidden(address, permitted) === undefined);
    return addresses.length > 0 ? { ok: true, addresses } : refuse(`${host} is a loopback address: ${MEND}`);
  }
  return { ok: true, addresses: undefined };
}

function isName(host: string): boolean {
  return host.length <= MAX_NAME && host.split('.').every((label) => LABEL.test(label));
}

function refuse(message: string): { ok: false; message: string } {
  return { ok: false, message };
}
