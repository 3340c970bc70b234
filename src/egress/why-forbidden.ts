import ipaddr from 'ipaddr.js';
import { EMBEDDED_IPV4, FORBIDDEN_RANGES, type ForbiddenKind, GLOBAL_UNICAST } from './forbidden-ranges.ts';
import { type Address, holds, type Network, parseAddress, parseNetworks, unmap } from './network.ts';

const RANGES = FORBIDDEN_RANGES.map(({ network, kind }) => ({ network: toNetwork(network), kind }));
const EMBEDDED = EMBEDDED_IPV4.map(({ network, firstByte }) => ({ network: toNetwork(network), firstByte }));
const GLOBAL = toNetwork(GLOBAL_UNICAST);

/**
 * Judges an IP address by the tables of `forbidden-ranges.ts`.
 *
 * An IPv6 address that leads to an IPv4 address is judged by that one too: IPv4-mapped, NAT64 and 6to4. Any other IPv6
 * address must lie in 2000::/3.
 *
 * @param text an address as a resolver or the URL parser writes it
 * @param permitted networks that the operator has opened; they exempt the addresses in them, and IPv4-mapped forms
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
