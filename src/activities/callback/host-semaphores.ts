import { AT_ONCE_MS } from '../agent/retry-plan.ts';

/** What an attempt reveals about its host. `unknown`: it was interrupted, or sent nothing. */
export type HostOutcome = 'delivered' | 'failed' | 'unknown';

/** A permit for one attempt at a host. */
export interface HostPermit {
  /** Returns the permit; a second call does nothing. */
  release(outcome: HostOutcome): void;
}

export type HostAdmission =
  | { readonly granted: true; readonly permit: HostPermit }
  /** Deferred: ask again after this many milliseconds. */
  | { readonly granted: false; readonly waitMs: number };

export interface HostSemaphoresOptions {
  /** Most concurrent attempts at one host, and at all slow hosts together. */
  readonly perHost: number;
  /** Milliseconds of a monotonic clock. Default: `performance.now`. */
  readonly now?: () => number;
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
  /** How many hosts are kept in memory. Default 10 000. */
  readonly maxHosts?: number;
}

interface Host {
  /** Most concurrent attempts at the moment. */
  limit: number;
  /** When each running attempt started, oldest first. */
  readonly running: Set<{ readonly startedAt: number }>;
  /** How long an attempt takes there. */
  durationMs: number;
  /** When the last of the deferred attempts is due. */
  lastDueAt: number;
  /** Whether the last attempt was delivered within `QUICK_MS`. */
  isQuick: boolean;
}

/** Limit of an unknown host: enough for most hosts, and cheap when the host is dead. */
const FIRST_LIMIT = 8;
const FIRST_DURATION_MS = 250;
/** An attempt that fails sooner holds no slot for long, so it does not lower the limit. */
const SLOW_MS = 1000;
/** A host that answers this soon may be tried within a workflow task. */
const QUICK_MS = 250;
/** A deferred attempt returns by then, so that a host that recovers is noticed soon. */
const LONGEST_WAIT_MS = 300_000;

/**
 * One semaphore per host, so that hosts that never answer cannot take every slot of this worker.
 *
 * The limit adapts: an attempt that succeeds, or fails fast, doubles it; one that fails slowly halves it. Hosts below the first
 * limit share `perHost` permits. An attempt without a permit is deferred at the host's own pace, by at most 5 min, and must not
 * hold a slot until then.
 */
export class HostSemaphores {
  readonly #options: Required<HostSemaphoresOptions>;
  readonly #hosts = new Map<string, Host>();
  readonly #firstLimit: number;
  #takenBySlow = 0;

  /** @throws RangeError when `perHost` is not a positive whole number. */
  constructor({ perHost, now = defaultNow, random = Math.random, maxHosts = 10_000 }: HostSemaphoresOptions) {
    if (!Number.isSafeInteger(perHost) || perHost < 1) {
      throw new RangeError(`The per-host limit must be a positive whole number: ${perHost} is not.`);
    }
    this.#options = { perHost, now, random, maxHosts };
    this.#firstLimit = Math.min(FIRST_LIMIT, perHost);
  }

  /** A permit for a host, or the wait until one is likely. */
  tryAcquire(name: string): HostAdmission {
    const host = this.#find(name);
    const slow = host.limit < this.#firstLimit;
    const full = host.running.size >= host.limit || (slow && this.#takenBySlow >= this.#options.perHost);
    return full ? { granted: false, waitMs: this.#defer(host) } : { granted: true, permit: this.#grant(host, slow) };
  }

  /** A permit for a host that has answered quickly; undefined, and nobody waits: any other host, and one without a free permit. */
  tryAtOnce(name: string): HostPermit | undefined {
    const host = this.#hosts.get(name);
    const isGood = host?.isQuick === true && host.limit >= this.#firstLimit && host.running.size < host.limit;
    return isGood ? this.#grant(host, false) : undefined;
  }

  /** An attempt takes longer than a workflow task can wait. */
  noteSlow(name: string): void {
    const host = this.#hosts.get(name);
    if (host !== undefined) host.isQuick = false;
  }

  #grant(host: Host, slow: boolean): HostPermit {
    const { now, perHost } = this.#options;
    const entry = { startedAt: now() };
    host.running.add(entry);
    if (slow) this.#takenBySlow += 1;
    return {
      release: (outcome) => {
        if (!host.running.delete(entry)) return;
        if (slow) this.#takenBySlow -= 1;
        if (outcome === 'unknown') return;
        const tookMs = now() - entry.startedAt;
        host.durationMs = (host.durationMs + tookMs) / 2;
        host.isQuick = outcome === 'delivered' && tookMs <= QUICK_MS;
        if (outcome === 'failed' && tookMs >= SLOW_MS) host.limit = Math.max(Math.floor(host.limit / 2), 1);
        else host.limit = Math.min(host.limit * 2, perHost);
        // Deferred attempts keep their due times; a new one need not queue behind a slow period that is over.
        if (outcome === 'delivered') host.lastDueAt = 0;
      },
    };
  }

  /** Spaces deferred attempts as far apart as permits become free. */
  #defer(host: Host): number {
    const { now, random } = this.#options;
    const at = now();
    const [oldest] = host.running;
    const takesMs = Math.max(host.durationMs, oldest === undefined ? 0 : at - oldest.startedAt);
    const dueAt = Math.max(host.lastDueAt, at) + takesMs / host.limit;
    const waitMs = dueAt - at;
    if (waitMs < LONGEST_WAIT_MS) {
      host.lastDueAt = dueAt;
      return Math.max(Math.ceil(waitMs), AT_ONCE_MS);
    }
    host.lastDueAt = at + LONGEST_WAIT_MS;
    return Math.ceil(LONGEST_WAIT_MS * (0.5 + random() / 2));
  }

  #find(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    if (this.#hosts.size >= this.#options.maxHosts) this.#forgetOne();
    const host: Host = {
      limit: this.#firstLimit,
      running: new Set(),
      durationMs: FIRST_DURATION_MS,
      lastDueAt: 0,
      isQuick: false,
    };
    this.#hosts.set(name, host);
    return host;
  }

  /** Forgets the oldest idle host. */
  #forgetOne(): void {
    for (const [name, { running }] of this.#hosts) {
      if (running.size > 0) continue;
      this.#hosts.delete(name);
      return;
    }
  }
}

function defaultNow(): number {
  return performance.now();
}
