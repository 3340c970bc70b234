import { type EgressRules, type EgressTarget, judgeUrl, matchesHost, refuseAddresses } from './address-policy.ts';
import { dial, type TlsTrust } from './dial.ts';
import { ConnectionError, describeFailure, describeTimeout, EgressError, shortHost } from './egress-error.ts';
import { dialThrough, type EgressProxy } from './egress-proxy.ts';
import { type AnswerHead, exchange, type PostBody } from './exchange.ts';
import { whyForbidden } from './forbidden-addresses.ts';
import { type ResolveHost, resolveHost } from './resolve-host.ts';

/** A request to an address that a caller chose. */
export interface GuardedPost extends PostBody {
  readonly url: string;
  readonly rules: EgressRules;
  /** Headers that only some hosts may receive. Default: none. */
  readonly bound?: HostHeaders | undefined;
  /** Milliseconds for everything: lookup, connection, TLS, and the response to its last byte. */
  readonly timeoutMs: number;
  /** Ends the request; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Default: the system's name servers. Unused where there is a proxy. */
  readonly resolve?: ResolveHost;
  /** Everything goes through it. The proxy then resolves names and must judge their addresses. Default: none. */
  readonly proxy?: EgressProxy | undefined;
  /** Certificates to trust instead of Node's. */
  readonly trust?: TlsTrust;
}

/** Headers for some hosts only; `*.example.com` is every subdomain. Those of `GuardedPost.headers` take precedence. */
export interface HostHeaders {
  readonly hosts: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** A response, whatever its status. */
export interface PostAnswer extends AnswerHead {
  /** The IP address that was dialled, or the proxy. For operators; never shown to a caller. */
  readonly address: string;
  /** Milliseconds from the start of the lookup to the end of the response. */
  readonly durationMs: number;
  /** Whether the host may receive the bound headers but got none, because the connection was not private. */
  readonly withheld?: true;
}

/** How many addresses of one host are dialled. */
const MAX_ADDRESSES = 4;
/** A connection that dies within this many milliseconds was hardly refused for its content. */
const EARLY_DEATH_MS = 1000;

/**
 * Posts once to a URL that policy permits.
 *
 * The host is resolved once, every address is judged, and a judged address is dialled. A redirect is a response like any
 * other, and no proxy of the environment is used. When an address accepts no connection, the next one is dialled. When a
 * connection is cut within a second and before any response, the request is repeated once, at once.
 *
 * Through an operator's proxy the URL is judged in the same way, except for what its name resolves to.
 *
 * @throws EgressError when policy refuses or no response came in time
 * @throws TypeError for a header that HTTP does not permit
 * @throws RangeError when `permitNetworks` holds anything but networks
 */
export async function guardedPost(post: GuardedPost): Promise<PostAnswer> {
  const started = performance.now();
  post.signal?.throwIfAborted();
  const judged = judgeUrl(post.url, post.rules);
  if (!judged.ok) throw refused(judged.message, started, true);

  const attempt: Attempt = { stop: new AbortController(), address: undefined, withheld: false };
  const { stop } = attempt;
  const onAbort = (): void => stop.abort();
  const timer = setTimeout(onAbort, post.timeoutMs);
  post.signal?.addEventListener('abort', onAbort);
  try {
    const addresses =
      post.proxy === undefined
        ? await findAddresses(judged.target, post, stop.signal, started)
        : [`${post.proxy.host}:${post.proxy.port}`];
    const head = await askAny(judged.target, addresses, post, attempt);
    const withheld = attempt.withheld ? ({ withheld: true } as const) : {};
    return { ...head, address: attempt.address ?? '', durationMs: elapsed(started), ...withheld };
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    post.signal?.throwIfAborted();
    throw toEgressError(error, judged.target.host, post.timeoutMs, started, attempt);
  } finally {
    clearTimeout(timer);
    post.signal?.removeEventListener('abort', onAbort);
  }
}

/** The state of one call. */
interface Attempt {
  readonly stop: AbortController;
  address: string | undefined;
  /** As in `PostAnswer`. */
  withheld: boolean;
}

async function findAddresses(
  target: EgressTarget,
  post: GuardedPost,
  signal: AbortSignal,
  started: number,
): Promise<readonly string[]> {
  if (target.addresses !== undefined) return target.addresses;
  let addresses: readonly string[];
  try {
    addresses = await (post.resolve ?? resolveHost)(target.host, signal);
  } catch (error) {
    throw new ConnectionError('resolve', error);
  }
  if (addresses.length === 0) throw new ConnectionError('resolve', 'ENODATA');
  const message = refuseAddresses(target, addresses, post.rules);
  if (message !== undefined) throw refused(message, started, false);
  return addresses;
}

/** Posts to the first address that accepts a connection. */
async function askAny(
  target: EgressTarget,
  addresses: readonly string[],
  post: GuardedPost,
  attempt: Attempt,
): Promise<AnswerHead> {
  const candidates = addresses.slice(0, MAX_ADDRESSES);
  for (const [index, address] of candidates.entries()) {
    const more = index < candidates.length - 1;
    attempt.address = address;
    const dialled = performance.now();
    try {
      return await ask(target, address, post, attempt, more ? post.timeoutMs / 4 : undefined);
    } catch (error) {
      if (!(error instanceof ConnectionError) || attempt.stop.signal.aborted) throw error;
      if (error.died && performance.now() - dialled < EARLY_DEATH_MS) {
        return await ask(target, address, post, attempt);
      }
      if (error.stage !== 'connect' || !more) throw error;
    }
  }
  throw new ConnectionError('connect', 'ENODATA');
}

async function ask(
  target: EgressTarget,
  address: string,
  post: GuardedPost,
  attempt: Attempt,
  connectMs?: number,
): Promise<AnswerHead> {
  const { proxy, trust, bound } = post;
  const { signal } = attempt.stop;
  const isMeant = bound !== undefined && bound.hosts.some((host) => matchesHost(target.host, host));
  const isSafe = target.secure || isPrivate(proxy === undefined ? [address] : target.addresses);
  attempt.withheld = isMeant && !isSafe;
  const socket = await (proxy === undefined
    ? dial(target, address, { signal, connectMs, trust })
    : dialThrough(proxy, target, { signal, trust }));
  const headers = { ...(isMeant && isSafe && bound.headers), ...post.headers };
  const { method = 'POST', body, keepBytes } = post;
  return exchange(socket, target, { method, headers, body, ...(keepBytes !== undefined && { keepBytes }) }, signal);
}

/** Whether addresses that policy has permitted are in private networks. Not known for a name that a proxy resolves. */
function isPrivate(addresses: readonly string[] | undefined): boolean {
  return addresses !== undefined && addresses.every((address) => whyForbidden(address, []) !== undefined);
}

function toEgressError(
  error: ConnectionError,
  fullHost: string,
  timeoutMs: number,
  started: number,
  { stop, address }: Attempt,
): EgressError {
  const host = shortHost(fullHost);
  const durationMs = elapsed(started);
  if (stop.signal.aborted) {
    const message = describeTimeout(host, error.stage, timeoutMs);
    return new EgressError(message, { errorClass: 'timeout', address, durationMs });
  }
  const [message, errorClass] = describeFailure(host, error);
  return new EgressError(message, { errorClass, address, durationMs });
}

function refused(message: string, started: number, final: boolean): EgressError {
  return new EgressError(message, { errorClass: 'refused_by_policy', final, durationMs: elapsed(started) });
}

function elapsed(started: number): number {
  return Math.round(performance.now() - started);
}
