import { lookup, Resolver } from 'node:dns/promises';
import { raceAbort } from '../timing/race-abort.ts';

/**
 * Finds every address of a name, of both families.
 *
 * Rejects with the resolver's error, which has a `code`, or with `signal.reason`.
 */
export type ResolveHost = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

interface ResolveOptions {
  /** Name servers as `address:port`. Default: those of the system. */
  readonly servers?: readonly string[];
  /** Asked where DNS has no answer: hosts file, search domains. Default: the system's `getaddrinfo`. */
  readonly askSystem?: (host: string) => Promise<readonly string[]>;
  /** Milliseconds that one query waits for its answer; it is sent twice. Default 2000. */
  readonly timeoutMs?: number;
}

/**
 * A resolver that asks DNS first, and the system only where DNS has no answer.
 *
 * `dns.lookup` alone holds a thread while a name server is silent, and Node has two such threads, so a caller with two silent
 * names would stop everybody's callbacks.
 */
export function createResolveHost(options: ResolveOptions = {}): ResolveHost {
  const { servers, askSystem = askGetaddrinfo, timeoutMs = 2000 } = options;
  let systemHangs = false;

  return async (host, signal) => {
    signal.throwIfAborted();
    const dns = await askDns(host, signal, timeoutMs, servers);
    if (dns.addresses.length > 0) return dns.addresses;
    // `getaddrinfo` can't be stopped, but its caller can go on.
    if (!dns.silent) return raceAbort(askSystem(host), signal, 0);
    // A machine without DNS still has a hosts file, but only one such query may hold a thread.
    if (systemHangs) throw dns.error;
    systemHangs = true;
    const answer = askSystem(host).finally(() => (systemHangs = false));
    return raceAbort(answer, signal, 0);
  };
}

/** The resolver of this process, with the system's name servers. */
export const resolveHost: ResolveHost = createResolveHost();

interface DnsAnswer {
  readonly addresses: readonly string[];
  /** No name server answered at all. */
  readonly silent: boolean;
  readonly error: unknown;
}

async function askDns(
  host: string,
  signal: AbortSignal,
  timeout: number,
  servers: readonly string[] | undefined,
): Promise<DnsAnswer> {
  const resolver = new Resolver({ timeout, tries: 2 });
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  signal.removeEventListener('abort', cancel);
  signal.throwIfAborted();
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const errors = answers.flatMap((answer): unknown[] => (answer.status === 'rejected' ? [answer.reason] : []));
  const silent = errors.some((error) => error instanceof Error && 'code' in error && error.code === 'ETIMEOUT');
  return { addresses, silent, error: errors[0] };
}

async function askGetaddrinfo(host: string): Promise<readonly string[]> {
  const answers = await lookup(host, { all: true });
  return answers.map(({ address }) => address);
}
