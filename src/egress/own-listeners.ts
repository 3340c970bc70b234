import { networkInterfaces } from 'node:os';
import { holds, parseAddress, parseNetworks, unmap } from './network.ts';

/** Where this process listens. */
export interface OwnListeners {
  readonly ports: readonly number[];
  /** This host's addresses, in CIDR form. */
  readonly networks: readonly string[];
}

/** These reach this host, whatever its interfaces are. */
const LOOPBACK = ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128'];

/** The ports of this process on the addresses that this host has now. */
export function ownListeners(ports: readonly number[]): OwnListeners {
  const addresses = Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address));
  return { ports, networks: [...LOOPBACK, ...addresses] };
}

/**
 * Refuses an address of this host on a port of this process, whatever networks an operator permits: a callback there would be
 * a task, a health check or the like.
 *
 * @returns the message for whoever sent the URL
 */
export function refuseOwn(
  port: number,
  addresses: readonly string[],
  own: OwnListeners | undefined,
): string | undefined {
  if (own === undefined || !own.ports.includes(port)) return undefined;
  const networks = parseNetworks(own.networks);
  const isOwn = addresses.some((text) => {
    const address = parseAddress(text);
    return address !== undefined && networks.some((network) => holds(network, unmap(address)));
  });
  return isOwn ? `port ${port} there is this service's own port: use the address of your receiver` : undefined;
}
