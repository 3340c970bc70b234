import { type EgressRules, judgeUrl, refuseAddresses } from './address-policy.ts';
import { type ResolveHost, resolveHost } from './resolve-host.ts';

export type UrlVerdict = { readonly ok: true } | { readonly ok: false; readonly message: string };

export type CheckUrl = (text: string, rules: EgressRules) => Promise<UrlVerdict>;

interface CheckUrlOptions {
  /** Default: the system's name servers. */
  readonly resolve?: ResolveHost;
  /** Milliseconds that a lookup may delay the caller. Default 500. */
  readonly deadlineMs?: number;
  /** Milliseconds that an answer, or its absence, is reused. Default 10 000. */
  readonly keepMs?: number;
  /** How many hosts are remembered; the oldest is dropped. Default 1000. */
  readonly maxHosts?: number;
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly now?: () => number;
}

interface Known {
  readonly until: number;
  readonly addresses: Promise<readonly string[]>;
}

/**
 * Makes the check of a callback address before the 202: the URL by `judgeUrl`, and what its name resolves to.
 *
 * A name that doesn't resolve in time, or at all, is permitted: it is judged again at every delivery. The remembered answers
 * only refuse early; nothing is dialled by them.
 *
 * The check rejects with RangeError when `permitNetworks` holds anything but networks.
 */
export function createCheckUrl(options: CheckUrlOptions = {}): CheckUrl {
  const { resolve = resolveHost, deadlineMs = 500, keepMs = 10_000, maxHosts = 1000, now = defaultNow } = options;
  const hosts = new Map<string, Known>();

  /** The addresses of a name; none when they do not arrive in time. Never rejects. */
  const find = (host: string): Promise<readonly string[]> => {
    const known = hosts.get(host);
    if (known !== undefined && known.until > now()) return known.addresses;
    const addresses = resolveWithin(resolve, host, deadlineMs);
    hosts.delete(host);
    hosts.set(host, { until: now() + keepMs, addresses });
    for (const oldest of hosts.keys()) {
      if (hosts.size <= maxHosts) break;
      hosts.delete(oldest);
    }
    return addresses;
  };

  return async (text, rules) => {
    const judged = judgeUrl(text, rules);
    if (!judged.ok) return judged;
    const { host, addresses } = judged.target;
    if (addresses !== undefined) return { ok: true };
    const message = refuseAddresses(judged.target, await find(host), rules);
    return message === undefined ? { ok: true } : { ok: false, message };
  };
}

/** The check with the system's name servers and the defaults above. */
export const checkUrl: CheckUrl = createCheckUrl();

async function resolveWithin(resolve: ResolveHost, host: string, deadlineMs: number): Promise<readonly string[]> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new Error('too late')), deadlineMs);
  try {
    return await resolve(host, deadline.signal);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

function defaultNow(): number {
  return performance.now();
}
