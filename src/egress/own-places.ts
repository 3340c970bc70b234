import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { holds, type Network, parseAddress, parseNetworks, unmap } from './network.ts';
import { type ResolveHost, resolveHost } from './resolve-host.ts';

/** Where this process listens, and the Temporal server that it uses. No callback goes there. */
export interface OwnPlaces {
  /** Ports at which this process listens. */
  readonly ports: readonly number[];
  /** This host's addresses, in CIDR form. */
  readonly networks: readonly string[];
  readonly temporal?: TemporalPlace | undefined;
}

interface TemporalPlace {
  /** As a URL has it: lower-case, without brackets. */
  readonly host: string;
  readonly port: number;
  /** What the host resolves to. */
  readonly addresses: readonly string[];
}

interface OwnPlacesOptions {
  /** Ports at which this process listens by now. */
  readonly ports: () => readonly number[];
  /** `host:port` of the Temporal server. Default: none. */
  readonly temporalAddress?: string | undefined;
  /** Default: the system's name servers. */
  readonly resolve?: ResolveHost;
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly now?: () => number;
}

/** Finds the places as they are now. Never rejects. */
export type FindOwnPlaces = () => Promise<OwnPlaces>;

/** These reach this host, whatever its interfaces are. */
const LOOPBACK = ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128'];
const TEMPORAL_PORT = 7233;
const KEEP_MS = 10_000;
const KEEP_FAILED_MS = 1000;
const LOOKUP_MS = 500;

/**
 * Finds the places to which no callback goes, whatever networks an operator permits. The answer is reused for 10 s, because
 * addresses of this host and of Temporal may change. While Temporal's name does not resolve, its last addresses count.
 */
export function createFindOwnPlaces(options: OwnPlacesOptions): FindOwnPlaces {
  const { ports, resolve = resolveHost, now = () => performance.now() } = options;
  const temporal = options.temporalAddress === undefined ? undefined : parseHostPort(options.temporalAddress);
  let until = -Infinity;
  let hereUntil = -Infinity;
  let here: readonly string[] = [];
  let addresses: readonly string[] = [];
  let known: Promise<readonly string[]> | undefined;

  const findTemporal = async (host: string): Promise<readonly string[]> => {
    const found = await resolveWithin(resolve, host);
    if (found.length > 0) addresses = found;
    else until = Math.min(until, now() + KEEP_FAILED_MS);
    return addresses;
  };
  /** To ask the system for its interfaces costs as much as the rest of a callback's checks. */
  const findHere = (): readonly string[] => {
    if (now() < hereUntil) return here;
    hereUntil = now() + KEEP_MS;
    here = hostNetworks();
    return here;
  };
  return async () => {
    if (temporal === undefined) return { ports: ports(), networks: findHere() };
    if (known === undefined || now() >= until) {
      until = now() + KEEP_MS;
      known = findTemporal(temporal.host);
    }
    return { ports: ports(), networks: findHere(), temporal: { ...temporal, addresses: await known } };
  };
}

/**
 * Refuses an address of this host on a port of this process, and the address of Temporal on its port: a callback there would
 * be a task, a health check or worse.
 *
 * @returns the message for whoever sent the URL
 */
export function refuseOwn(
  { host, port }: { readonly host: string; readonly port: number },
  addresses: readonly string[],
  own: OwnPlaces | undefined,
): string | undefined {
  if (own === undefined) return undefined;
  if (!own.ports.includes(port) && port !== own.temporal?.port) return undefined;
  const here = parseNetworks(own.networks);
  const isOwn = own.ports.includes(port) && isAnyIn(addresses, here);
  if (!isOwn && !isTemporal(host, port, addresses, here, own.temporal)) return undefined;
  return `port ${port} there is this service's own port: use the address of your receiver`;
}

function isTemporal(
  host: string,
  port: number,
  addresses: readonly string[],
  here: readonly Network[],
  temporal: TemporalPlace | undefined,
): boolean {
  if (temporal === undefined || port !== temporal.port) return false;
  if (host === temporal.host || isAnyIn(addresses, parseNetworks(temporal.addresses))) return true;
  // A server on this host usually listens on all of its addresses.
  return isAnyIn(temporal.addresses, here) && isAnyIn(addresses, here);
}

function isAnyIn(addresses: readonly string[], networks: readonly Network[]): boolean {
  return addresses.some((text) => {
    const address = parseAddress(text);
    return address !== undefined && networks.some((network) => holds(network, unmap(address)));
  });
}

function hostNetworks(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address));
  return [...LOOPBACK, ...addresses];
}

/** Reads `host:port`; undefined for anything else, which no connection could use either. */
function parseHostPort(address: string): Pick<TemporalPlace, 'host' | 'port'> | undefined {
  const text = `http://${address.replace(/^[a-z]+:\/\//i, '')}`;
  if (!URL.canParse(text)) return undefined;
  const { hostname, port } = new URL(text);
  const isDefault = port === '' && text.endsWith(':80');
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, ''),
    port: isDefault ? 80 : Number(port) || TEMPORAL_PORT,
  };
}

async function resolveWithin(resolve: ResolveHost, host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  if (host === 'localhost') return ['127.0.0.1', '::1'];
  try {
    return await resolve(host, AbortSignal.timeout(LOOKUP_MS));
  } catch {
    return [];
  }
}
