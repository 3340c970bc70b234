import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A network: one of its addresses, and the length of its prefix in bits. */
export interface Network {
  readonly base: Address;
  readonly prefix: number;
}

/**
 * Reads networks in CIDR form, such as `10.0.0.0/8`; an address alone is a network of one.
 *
 * @throws RangeError for anything else, with its value
 */
export function parseNetworks(texts: readonly string[]): readonly Network[] {
  return texts.map((text) => {
    const [, host = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const base = parseAddress(host);
    const bits = base?.kind() === 'ipv4' ? 32 : 128;
    const prefix = length === undefined ? bits : Number(length);
    if (base === undefined || prefix > bits) {
      throw new RangeError(`"${text}" is not a network: write it as 10.0.0.0/8 or fd00::/8`);
    }
    return { base, prefix };
  });
}

/** Reads an IP address in its usual form; undefined for anything else, and for octal or short forms of IPv4. */
export function parseAddress(text: string): Address | undefined {
  // ipaddr.js reads 0177.1 as 127.0.0.1, and a resolver might not.
  if (isIP(text) === 0) return undefined;
  // ipaddr.js reads ::8.8.8.8 as ::ffff:8.8.8.8, a different address; resolvers write ::/96 in this form.
  return ipaddr.parse(text.replace(/^::(?=\d+\.)/, '0::'));
}

/** ::ffff:a.b.c.d is dialled as a.b.c.d (RFC 4291 2.5.5.2). */
export function unmap(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Whether a network holds an address; never across address families. */
export function holds(network: Network, address: Address): boolean {
  return network.base.kind() === address.kind() && address.match(network.base, network.prefix);
}
