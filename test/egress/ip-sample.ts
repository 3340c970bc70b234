import ipaddr from 'ipaddr.js';

/** An address as one number, for arithmetic on ranges. */
type Bits = { readonly size: 32 | 128; readonly value: bigint };

function toText({ size, value }: Bits): string {
  const bytes = Array.from({ length: size / 8 }, (_, index) => Number((value >> BigInt(size - 8 - 8 * index)) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
}

/** The first and the last address of a network and their neighbours on either side. */
export function edgesOf(network: string): string[] {
  const [address, prefix] = ipaddr.parseCIDR(network);
  const size = address.kind() === 'ipv4' ? 32 : 128;
  const value = address.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const host = (1n << BigInt(size - prefix)) - 1n;
  const [first, last] = [value & ~host, value | host];
  return [first - 1n, first, first + 1n, last - 1n, last, last + 1n]
    .filter((edge) => edge >= 0n && edge < 1n << BigInt(size))
    .map((edge) => toText({ size, value: edge }));
}

/** Numbers from 0 to 2^32 - 1, the same ones every time (xorshift32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

/** One address out of every block of 2^`bits` addresses of IPv4. */
export function* everyIpv4Block(bits: number, random: () => number): Generator<string> {
  const size = 2 ** bits;
  for (let block = 0; block < 2 ** 32; block += size) {
    const address = block + (random() % size);
    yield `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
  }
}

/** IPv6 addresses whose first groups often lie in or beside a special range. */
export function* someIpv6(count: number, random: () => number): Generator<string> {
  const heads = ['', '64:ff9b:', '2001:', '2002:', '2620:4f:', '3ffe:', '3fff:', 'fc00:', 'fe80:', 'ff02:', '2a00:'];
  for (let index = 0; index < count; index++) {
    const head = heads[random() % heads.length] ?? '';
    const groups = Array.from({ length: 8 }, () => {
      const value = random();
      return (value % 4 === 0 ? 0 : value >>> 16).toString(16);
    });
    yield head === '' ? groups.join(':') : (head + groups.join(':')).split(':').slice(0, 8).join(':');
  }
}
