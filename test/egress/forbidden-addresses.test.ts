import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { EMBEDDED_IPV4, FORBIDDEN_RANGES, GLOBAL_UNICAST, whyForbidden } from '../../src/egress/forbidden-addresses.ts';
import { parseNetworks } from '../../src/egress/network.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { createRandom, edgesOf, everyIpv4Block, someIpv6 } from './ip-sample.ts';
import { byFilteringAgent, byIpaddr, byPython, type Opinion } from './second-opinions.ts';

type Judge = 'ipaddr.js' | 'request-filtering-agent' | 'python';

/** Where we differ from somebody, and why. */
interface Difference {
  readonly networks: readonly string[];
  readonly ours: 'permits' | 'refuses';
  readonly from: readonly Judge[];
  readonly reason: string;
}

const LIBRARIES: readonly Judge[] = ['ipaddr.js', 'request-filtering-agent'];
const ALL: readonly Judge[] = [...LIBRARIES, 'python'];

const DIFFERENCES: readonly Difference[] = [
  {
    networks: ['::/3', '4000::/2', '8000::/1'],
    ours: 'refuses',
    from: ALL,
    reason: 'outside 2000::/3 nothing is given out; they list what is special and take the rest for public',
  },
  {
    networks: ['168.63.129.16/32'],
    ours: 'refuses',
    from: ALL,
    reason: 'a public address that Azure uses for its own metadata service',
  },
  { networks: ['3ffe::/16'], ours: 'refuses', from: ALL, reason: '6bone is over and its block returned (RFC 3701)' },
  {
    networks: ['2001::/23'],
    ours: 'refuses',
    from: ['python'],
    reason: 'protocol assignments (RFC 2928), parts of which IANA calls globally reachable: no web server',
  },
  {
    networks: ['2620:4f:8000::/48', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.175.48.0/24'],
    ours: 'refuses',
    from: ['python'],
    reason: 'services of the net itself, which IANA calls globally reachable: no web server',
  },
  {
    networks: ['192.0.0.0/24'],
    ours: 'refuses',
    from: ['python'],
    reason: 'holds two anycast addresses that IANA calls globally reachable, and 192.0.0.192',
  },
  {
    networks: ['224.0.0.0/4'],
    ours: 'refuses',
    from: ['python'],
    reason: 'is_global means "not private", and multicast is not',
  },
  {
    networks: ['2002::/16'],
    ours: 'refuses',
    from: ['python'],
    reason: 'older Pythons do not look into 6to4',
  },
  {
    networks: ['3fff::/20'],
    ours: 'refuses',
    from: ['python'],
    reason: 'documentation (RFC 9637), which Pythons before 2024 do not know',
  },
  {
    networks: ['::ffff:0:0/96', '64:ff9b::/96', '2002::/16'],
    ours: 'permits',
    from: ALL,
    reason: 'leads to the IPv4 address in it, and that one is public; hosts with IPv6 alone need NAT64 to reach it',
  },
];

const TABLE = DIFFERENCES.flatMap(({ networks, ...row }) =>
  networks.map((network) => ({ ...row, network, cidr: ipaddr.parseCIDR(network), met: new Set<Judge>() })),
);

/** Addresses on which somebody else judges otherwise, and no row of the table says why. */
class Comparison {
  readonly unexplained: string[] = [];
  count = 0;

  add(judge: Judge, address: string, theirs: boolean): void {
    this.count += 1;
    const ours = whyForbidden(address) === undefined;
    if (ours === theirs) return;
    const parsed = ipaddr.parse(address);
    const row = TABLE.find(
      ({ cidr, from, ours: said }) =>
        said === (ours ? 'permits' : 'refuses') &&
        from.includes(judge) &&
        cidr[0].kind() === parsed.kind() &&
        parsed.match(cidr),
    );
    row?.met.add(judge);
    if (row === undefined) this.unexplained.push(`${address}: we ${ours ? 'permit' : 'refuse'}, ${judge} does not`);
  }
}

/** All that anyone may hold for special, so that each of their edges is met. */
const NETWORKS = [
  ...FORBIDDEN_RANGES.map(({ network }) => network),
  ...EMBEDDED_IPV4.map(({ network }) => network),
  ...TABLE.map(({ network }) => network),
  ...[GLOBAL_UNICAST, '::/96', '::ffff:0:0:0/96', '64:ff9b:1::/48', '100::/64', '100:0:0:1::/64', '2001::/32'],
  ...['2001:1::/128', '2001:1::3/128', '2001:2::/48', '2001:3::/32', '2001:4:112::/48', '2001:10::/28', '2001:20::/28'],
  ...['2001:30::/28', '5f00::/16', '192.0.0.8/30', '192.0.0.170/31', '255.255.255.255/32'],
  // The forbidden IPv4 ranges where IPv6 carries them.
  ...FORBIDDEN_RANGES.filter(({ network }) => !network.includes(':')).flatMap(({ network }) => {
    const [address, bits] = network.split('/');
    const groups = ipaddr.IPv4.parse(address ?? '')
      .toIPv4MappedAddress()
      .toNormalizedString()
      .split(':')
      .slice(6)
      .join(':');
    const length = Number(bits);
    return [`::ffff:${groups}/${96 + length}`, `64:ff9b::${groups}/${96 + length}`, `2002:${groups}::/${16 + length}`];
  }),
];
const EDGES = NETWORKS.flatMap(edgesOf);

function check(comparison: Comparison): void {
  assert.deepEqual(comparison.unexplained.slice(0, 20), [], `${comparison.unexplained.length} differences`);
}

describe('the judgement of addresses', () => {
  test('agrees with ipaddr.js on a million addresses, but for what the table explains', () => {
    const comparison = new Comparison();
    const add = (address: string): void => comparison.add('ipaddr.js', address, byIpaddr(address));
    const random = createRandom(2463534242);
    for (const address of EDGES) add(address);
    for (const address of everyIpv4Block(13, random)) add(address);
    for (const address of someIpv6(500_000, random)) add(address);
    check(comparison);
    assert.ok(comparison.count > 1_000_000);
  });

  test('agrees with request-filtering-agent, but for what the table explains', (t) => {
    const comparison = new Comparison();
    const opinion: Opinion = byFilteringAgent(t);
    const random = createRandom(88675123);
    const sample = [...EDGES, ...everyIpv4Block(18, random), ...someIpv6(20_000, random)];
    for (const address of sample) comparison.add('request-filtering-agent', address, opinion(address));
    check(comparison);
  });

  test('agrees with Python’s is_global, but for what the table explains', async () => {
    const random = createRandom(521288629);
    const sample = [...EDGES, ...everyIpv4Block(18, random), ...someIpv6(20_000, random)];
    const opinions = await byPython(sample);
    if (opinions === undefined) {
      reportMissingTool('python3', 'the judgement of addresses against Python’s ipaddress');
      return;
    }
    const comparison = new Comparison();
    assert.equal(opinions.length, sample.length);
    for (const [index, address] of sample.entries()) comparison.add('python', address, opinions[index] ?? false);
    check(comparison);
  });

  test('differs from the libraries wherever the table says so, so that no row is stale', () => {
    const stale = TABLE.flatMap(({ network, from, met }) =>
      LIBRARIES.filter((judge) => from.includes(judge) && !met.has(judge)).map((judge) => `${judge} on ${network}`),
    );
    assert.deepEqual(stale, []);
  });

  test('is one for an IPv4 address and for its mapped form, with permitted networks too', () => {
    const permitted = parseNetworks(['10.1.0.0/16', '127.0.0.1']);
    const edges = EDGES.filter((address) => !address.includes(':'));
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...edges), fc.ipV4()), (address) => {
        const mapped = `::ffff:${address}`;
        assert.equal(whyForbidden(mapped), whyForbidden(address));
        assert.equal(whyForbidden(mapped, permitted), whyForbidden(address, permitted));
      }),
      { numRuns: 5000 },
    );
  });

  test('does not depend on how an IPv6 address is written', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        // Not by ipaddr.js, which takes ::1.2.3.4 for another address.
        const parsed = ipaddr.IPv6.parse(new URL(`http://[${address}]/`).hostname.slice(1, -1));
        assert.equal(whyForbidden(address), whyForbidden(parsed.toNormalizedString()));
        assert.equal(whyForbidden(address), whyForbidden(parsed.toRFC5952String().toUpperCase()));
      }),
      { numRuns: 5000 },
    );
  });

  test('takes an IPv4-compatible address for what it is, as resolvers write it', () => {
    for (const text of ['::8.8.8.8', '::808:808', '0::8.8.8.8', '::8.8.8.8%lo']) {
      assert.equal(whyForbidden(text), 'reserved', text);
      assert.equal(whyForbidden(text, parseNetworks(['8.8.8.0/24'])), 'reserved', text);
    }
    assert.equal(whyForbidden('::ffff:8.8.8.8'), undefined);
  });

  test('is “malformed” for all that is no address in its usual form, and never throws', () => {
    for (const text of [
      '',
      '127.1',
      '0177.0.0.1',
      '2130706433',
      '0x7f000001',
      '1.2.3.4.5',
      '[::1]',
      'localhost',
      '::g',
    ]) {
      assert.equal(whyForbidden(text), 'malformed', text);
    }
    fc.assert(fc.property(fc.string(), (text) => whyForbidden(text) !== undefined || ipaddr.isValid(text)));
  });
});
