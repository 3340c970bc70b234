/** What an address is that a callback may not go to; reads well between "is a" and "address". */
export type ForbiddenKind =
  'loopback' | 'private' | 'link-local' | 'metadata service' | 'multicast' | 'documentation' | 'reserved' | 'malformed';

interface ForbiddenRange {
  readonly network: string;
  readonly kind: ForbiddenKind;
  readonly source: string;
}

/**
 * Where no public receiver can be. The IANA IPv4 and IPv6 special-purpose address registries whole, also the rows that
 * IANA calls globally reachable (AS112, AMT, anycast of protocols): no web server has such an address.
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

  // Outside the global unicast block and refused for that alone; named so that a message can say what they are.
  { network: '::/128', kind: 'loopback', source: 'RFC 4291 2.5.2; dialled as loopback' },
  { network: '::1/128', kind: 'loopback', source: 'RFC 4291 2.5.3' },
  { network: 'fd00:ec2::254/128', kind: 'metadata service', source: 'AWS' },
  { network: 'fd20:ce::254/128', kind: 'metadata service', source: 'Google Cloud' },
  { network: 'fc00::/7', kind: 'private', source: 'RFC 4193' },
  { network: 'fe80::/10', kind: 'link-local', source: 'RFC 4291 2.5.6' },
  { network: 'fec0::/10', kind: 'private', source: 'RFC 3879 site-local, deprecated' },
  { network: 'ff00::/8', kind: 'multicast', source: 'RFC 4291 2.7' },
];

/** The one IPv6 block from which addresses are given out: RFC 4291 2.4, IANA IPv6 address space. */
export const GLOBAL_UNICAST = '2000::/3';

/** IPv6 networks whose addresses lead to the IPv4 address at the given byte, and are judged by it. */
export const EMBEDDED_IPV4 = [
  // The local-use prefix of RFC 8215 is not here: where it holds the IPv4 address depends on the site.
  { network: '64:ff9b::/96', firstByte: 12, source: 'RFC 6052 NAT64' },
  { network: '2002::/16', firstByte: 2, source: 'RFC 3056 6to4' },
] as const;
