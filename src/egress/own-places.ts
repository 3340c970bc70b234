import { networkInterfaces } from 'node:os';
import { holds, parseAddress, parseNetworks, unmap } from './network.ts';

/** Where this process itself listens. */
export interface OwnPlaces {
  readonly ports: readonly number[];
  /** This host's addresses, in CIDR form. */
  readonly networks: readonly string[];
}

/** All of these reach this host, whatever its interfaces are. */
const LOOPBACK = ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128'];

/** Ports of this process on the addresses that this host has now. */
export function ownPlaces(ports: readonly number[]): OwnPlaces {
  const addresses = Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address));
  return { ports, networks: [...LOOPBACK, ...addresses] };
}

/**
 * Judges whether one of the addresses is this host, on a port of this process: a callback there would be a task, a health check
 * or the like, whatever networks an operator has opened.
 *
 * @returns the message for whoever sent the URL
 */
export function refuseOwn(port: number, addresses: readonly string[], own: OwnPlaces | undefined): string | undefined {
  if (own === undefined || !own.ports.includes(port)) return undefined;
  const networks = parseNetworks(own.networks);
  const isOwn = addresses.some((text) => {
    const address = parseAddress(text);
    return address !== undefined && networks.some((network) => holds(network, unmap(address)));
  });
  return isOwn
    ? `port ${port} there is refused, it belongs to this service itself: use the address of a receiver`
    : undefined;
}
