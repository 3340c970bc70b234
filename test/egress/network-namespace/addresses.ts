import { isIP } from 'node:net';
import { ACCEPTED, REFUSED } from '../corpus.ts';

/** Their hosts are public, if anything. */
const REFUSED_FOR_THEIR_FORM = 'user names and what parsers disagree about';

/** Every URL that must be refused. */
export const REFUSED_URLS: readonly string[] = Object.keys(REFUSED).flatMap(urlsOf);

/** The addresses of those that are refused for their host, as the URL parser reads it. */
export const FORBIDDEN_ADDRESSES: readonly string[] = [
  ...new Set(
    Object.keys(REFUSED)
      .filter((title) => title !== REFUSED_FOR_THEIR_FORM)
      .flatMap(urlsOf)
      .flatMap(addressOf),
  ),
];

/** What names have here that may be called. */
export const PUBLIC_ADDRESSES = ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'] as const;

/** Every address that may be dialled: those of URLs that must pass, and those of names. */
export const PERMITTED_ADDRESSES: readonly string[] = [
  ...new Set([...ACCEPTED.flatMap(addressOf).map(unmap), ...PUBLIC_ADDRESSES]),
].toSorted();

/** Where an operator's own proxy stands: inside, as they do. */
export const PROXY_ADDRESS = '10.99.0.1';
export const PROXY_PORT = 3128;

/** Where whoever connects is answered 200, on every address. */
export const PORT = 80;
/** Where whoever connects is led to the n-th of `REFUSED_URLS`. */
export const REDIRECT_PORT = 8082;

function urlsOf(title: string): string[] {
  return (REFUSED[title] ?? []).flatMap(([, urls]) => urls);
}

function addressOf(url: string): string[] {
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : '';
  return isIP(host) === 0 ? [] : [host];
}

/** The kernel dials ::ffff:a.b.c.d as a.b.c.d. */
function unmap(address: string): string {
  const [, high = '', low = ''] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(address) ?? [];
  if (high === '') return address;
  const bytes = [high, low].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  return bytes.join('.');
}
