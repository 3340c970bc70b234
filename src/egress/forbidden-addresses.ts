import ipaddr from 'ipaddr.js';
import { type Address, holds, type Network, parseAddress, parseNetworks, unmap } from './network.ts';

/** The kind of an address that a callback may not go to; fits between "is a" and "address". */
export type ForbiddenKind =
  'loopback' | 'private' | 'link-local' | 'metadata service' | 'multicast' | 'documentation' | 'reserved' | 'malformed';

interface ForbiddenRange {
  readonly network: string;
  readonly kind: ForbiddenKind;
  readonly source: string;
}

/**
 * Networks without public receivers: the complete IANA IPv4 and IPv6 special-purpose address registries, including the rows
 * that IANA calls globally reachable (AS112, AMT, anycast of protocols), because no web server has such an address.
 */
export const FORBIDDEN_RANGES: readonly ForbiddenRange[] = [
  { network: '0.0.0.0/8', kind: 'loopback', source: 'RFC 1122 3.2.1.3; Linux dials 0.0.0.0 as loopback' },
  { network: '10.0.0.0/8', kind: 'private', source: 'RFC 1918' },
  { network: '100.64.0.0/10', kind: 'private', source: 'RFC 6598 carrier-grade NAT; 100.100.100.200 is metadata' },
  { network: '127.0.0.0/8', kind: 'loopback', source: 'RFC 1122 3.2.1.3' },
  { network: '168.63.129.16/32', kind: 'metadata service', source: 'Azure WireServer, a public address used inside' },
  { network: '169.254.169.254/32', kind: 'metadata service', source: 'AWS, Google Cloud, Azure and others' },
  { network: '169.254.0.0/16', kind: 'link-local', source: 'RFC 3927' },
  { network: '172.16.0.0/12', kind: 'private', source: 'RFC 1918' },
  { network: '192.0.0.0/24', kind: 'reserved', source: 'RFC 6890; 192.0.0.192 is metadata at Oracle Cloud' },
  { network: '192.0.2.0/24', kind: 'documentation', source: 'RFC 5737' },
  { network: '192.31.196.0/24', kind: 'reserved', source: 'RFC 7535 AS112' },
  { network: '192.52.193.0/24', kind: 'reserved', source: 'RFC 7450 AMT' },
  { network: '192.88.99.0/24', kind: 'reserved', source: 'RFC 7526 6to4 relay, deprecated' },
  { network: '192.168.0.0/16', kind: 'private', source: 'RFC 1918' },
  { network: '192.175.48.0/24', kind: 'reserved', source: 'RFC 7534 AS112' },
  { network: '198.18.0.0/15', kind: 'reserved', source: 'RFC 2544 benchmarking' },
  { network: '198.51.100.0/24', kind: 'documentation', source: 'RFC 5737' },
  { network: '203.0.113.0/24', kind: 'documentation', source: 'RFC 5737' },
  { network: '224.0.0.0/4', kind: 'multicast', source: 'RFC 5771' },
  { network: '240.0.0.0/4', kind: 'reserved', source: 'RFC 1112 4; holds 255.255.255.255' },

  { network: '2001::/23', kind: 'reserved', source: 'RFC 2928; holds Teredo, ORCHID, benchmarking, anycast' },
  { network: '2001:db8::/32', kind: 'documentation', source: 'RFC 3849' },
  { network: '2620:4f:8000::/48', kind: 'reserved', source: 'RFC 7534 AS112' },
  { network: '3ffe::/16', kind: 'reserved', source: 'RFC 3701 6bone, returned' },
  { network: '3fff::/20', kind: 'documentation', source: 'RFC 9637' },

  // Outside the global unicast block, which is enough to refuse them; listed so that a message can name their kind.
  { network: '::/128', kind: 'loopback', source: 'RFC 4291 2.5.2; dialled as loopback' },
  { network: '::1/128', kind: 'loopback', source: 'RFC 4291 2.5.3' },
  { network: 'fd00:ec2::254/128', kind: 'metadata service', source: 'AWS' },
  { network: 'fd20:ce::254/128', kind: 'metadata service', source: 'Google Cloud' },
  { network: 'fc00::/7', kind: 'private', source: 'RFC 4193' },
  { network: 'fe80::/10', kind: 'link-local', source: 'RFC 4291 2.5.6' },
  { network: 'fec0::/10', kind: 'private', source: 'RFC 3879 site-local, deprecated' },
  { network: 'ff00::/8', kind: 'multicast', source: 'RFC 4291 2.7' },
];

/** The only IPv6 block that IANA assigns addresses from: RFC 4291 2.4, IANA IPv6 address space. */
export const GLOBAL_UNICAST = '2000::/3';

/** IPv6 networks whose addresses lead to the IPv4 address at the given byte, which decides. */
export const EMBEDDED_IPV4 = [
  // The local-use prefix of RFC 8215 is missing, because the position of its IPv4 address depends on the site.
  { network: '64:ff9b::/96', firstByte: 12, source: 'RFC 6052 NAT64' },
  { network: '2002::/16', firstByte: 2, source: 'RFC 3056 6to4' },
] as const;

const RANGES = FORBIDDEN_RANGES.map(({ network, kind }) => ({ network: toNetwork(network), kind }));
const EMBEDDED = EMBEDDED_IPV4.map(({ network, firstByte }) => ({ network: toNetwork(network), firstByte }));
const GLOBAL = toNetwork(GLOBAL_UNICAST);

/**
 * Judges an IP address by the tables above.
 *
 * An IPv6 address that leads to an IPv4 address is also judged by that one: IPv4-mapped, NAT64 and 6to4. Any other IPv6
 * address must lie in 2000::/3.
 *
 * @param text an address as a resolver or the URL parser writes it
 * @param permitted networks that the operator permits; they exempt their addresses, and IPv4-mapped forms of them
 * @returns undefined for an address that may be dialled
 */
export function whyForbidden(text: string, permitted: readonly Network[] = []): ForbiddenKind | undefined {
  const parsed = parseAddress(text);
  if (parsed === undefined) return 'malformed';
  const address = unmap(parsed);
  if (permitted.some((network) => holds(network, address))) return undefined;
  return judge(address);
}

function judge(address: Address): ForbiddenKind | undefined {
  const range = RANGES.find(({ network }) => holds(network, address));
  if (range !== undefined) return range.kind;
  if (address.kind() === 'ipv4') return undefined;
  const embedded = EMBEDDED.find(({ network }) => holds(network, address));
  if (embedded !== undefined) {
    return judge(ipaddr.fromByteArray(address.toByteArray().slice(embedded.firstByte, embedded.firstByte + 4)));
  }
  return holds(GLOBAL, address) ? undefined : 'reserved';
}

function toNetwork(text: string): Network {
  const [network] = parseNetworks([text]);
  if (network === undefined) throw new RangeError(text);
  return network;
}
