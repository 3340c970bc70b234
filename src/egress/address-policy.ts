import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { whyForbidden } from './forbidden-addresses.ts';
import { parseNetworks } from './network.ts';
import { type OwnPlaces, refuseOwn } from './own-places.ts';
import { refusedPortOwner } from './refused-ports.ts';

/** What one client's callbacks may reach. */
export interface EgressRules {
  /** Hosts, each with its subdomains; an empty list permits any public host. Their addresses are checked all the same. */
  readonly allowedDomains: readonly string[];
  /** Networks in CIDR form that an operator permits although they are not public. */
  readonly permitNetworks: readonly string[];
  /** Where this process and its Temporal server listen; refused whatever networks are permitted. Default: nowhere. */
  readonly own?: OwnPlaces | undefined;
}

/** A URL that policy permits, parsed once, so that nobody parses it again in another way. */
export interface EgressTarget {
  readonly secure: boolean;
  /** Name or address: lower-case, in punycode, without brackets and trailing dot. */
  readonly host: string;
  readonly port: number;
  /** The `Host` header. */
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
  /** The addresses, where they are known without a lookup: all are permitted. */
  readonly addresses: readonly string[] | undefined;
}

export type UrlJudgement =
  | { readonly ok: true; readonly target: EgressTarget }
  /** `message` is for whoever sent the URL; it names nothing that was not in the URL. */
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
const FIX =
  'use a public address; an operator can permit networks with CALLBACK_PERMIT_NETWORKS (callback.permit_networks)';

/**
 * Judges a URL by everything that is known without a lookup: scheme, credentials, port, host, and the address where the host
 * is one. The WHATWG URL parser reads it, so short, octal, hexadecimal and Unicode forms count as what they mean.
 *
 * @throws RangeError when `permitNetworks` holds anything but networks
 */
export function judgeUrl(text: string, rules: EgressRules): UrlJudgement {
  const url = parse(text);
  if (typeof url === 'string') return refuse(url);
  if (url.username !== '' || url.password !== '') {
    return refuse('a URL with a user name or password is refused: remove them, callbacks are signed');
  }
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const owner = refusedPortOwner(port);
  if (owner !== undefined) {
    return refuse(`port ${port} is refused because ${owner} uses it: use 443 or another web port`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const judged = judgeHost(host, rules);
  if (!judged.ok) return judged;
  const message = refuseOwn({ host, port }, judged.addresses ?? [], rules.own);
  if (message !== undefined) return refuse(message);
  const authority = (isIP(host) === 6 ? `[${host}]` : host) + (url.port === '' ? '' : `:${url.port}`);
  const target = { secure, host, port, authority, path: url.pathname + url.search, addresses: judged.addresses };
  return { ok: true, target };
}

/**
 * Judges what a name resolved to. One forbidden address refuses the whole answer, and so does one where this process
 * listens: a mix is suspicious, and the address that is dialled may change between two attempts.
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
  if (forbidden) return `${host} resolves to an address that is not public: ${FIX}`;
  return refuseOwn({ host, port }, addresses, rules.own);
}

/** The URL, or what is wrong with its form. */
function parse(text: string): URL | string {
  if (text.length > MAX_URL) return `a URL longer than ${MAX_URL} characters is refused: use a shorter one`;
  // The parser drops or converts these, which would hide what another reader of the same text sees.
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u0020\u007f\\]/.test(text)) {
    return 'a URL with white space, a control character or a backslash is refused: percent-encode it';
  }
  if (!/^https?:\/\/[^/]/i.test(text)) return 'only http and https are permitted: write the URL as https://host/path';
  return URL.canParse(text) ? new URL(text) : 'the URL is not valid: write it as https://host/path, with a valid host';
}

type HostJudgement = { ok: true; addresses: readonly string[] | undefined } | { ok: false; message: string };

function judgeHost(host: string, rules: EgressRules): HostJudgement {
  const permitted = parseNetworks(rules.permitNetworks);
  const literal = isIP(host) !== 0;
  if (!literal && !isName(host)) return refuse('the host of the URL is not a valid DNS name: correct it');
  if (METADATA_NAMES.includes(host)) return refuse(`${host} is a metadata service: use a public address`);
  if (!isAllowedDomain(host, rules.allowedDomains)) {
    return refuse(
      `${host} is not a permitted callback domain: use a permitted one; an operator can add it to GARUDUST_ALLOWED_CALLBACK_DOMAINS (allowed_callback_domains)`,
    );
  }
  if (literal) {
    const kind = whyForbidden(host, permitted);
    return kind === undefined ? { ok: true, addresses: [host] } : refuse(`${host} is a ${kind} address: ${FIX}`);
  }
  if (host === 'localhost' || host.endsWith('.localhost')) {
    // RFC 6761 6.3: these names are loopback, whatever a name server answers.
    const addresses = LOOPBACK.filter((address) => whyForbidden(address, permitted) === undefined);
    return addresses.length > 0 ? { ok: true, addresses } : refuse(`${host} is a loopback address: ${FIX}`);
  }
  return { ok: true, addresses: undefined };
}

/**
 * Whether a host is on an allow-list. An entry permits itself and its subdomains, `*.example.com` only the subdomains;
 * an IP address permits itself. An entry that is not a host permits nothing.
 *
 * @param host lower-case, in punycode, without trailing dot and brackets
 * @param entries as an operator writes them; an empty list permits every host
 */
function isAllowedDomain(host: string, entries: readonly string[]): boolean {
  const isBelow = (entry: string): boolean => !entry.startsWith('*.') && matchesHost(host, `*.${entry}`);
  return entries.length === 0 || entries.some((entry) => matchesHost(host, entry) || isBelow(entry));
}

/**
 * Whether a host is the one that an entry names, or for `*.example.com` one of its subdomains. An entry that is not a host
 * matches nothing.
 *
 * @param host lower-case, in punycode, without trailing dot and brackets
 */
export function matchesHost(host: string, entry: string): boolean {
  const wildcard = entry.startsWith('*.');
  const bare = wildcard ? entry.slice(2) : entry.replace(/^\[(.*)\]$/, '$1');
  const domain = isIP(bare) === 0 ? domainToASCII(bare).replace(/\.$/, '') : bare.toLowerCase();
  if (domain === '') return false;
  return wildcard ? isIP(host) === 0 && host.endsWith(`.${domain}`) : host === domain;
}

function isName(host: string): boolean {
  return host.length <= MAX_NAME && host.split('.').every((label) => LABEL.test(label));
}

function refuse(message: string): { ok: false; message: string } {
  return { ok: false, message };
}
