import { AT_ONCE_MS } from '../retry-plan.ts';

/** How a try went, as far as it tells of the host. `untold`: it was cut short, or sent nothing. */
export type PlaceEnd = 'delivered' | 'failed' | 'untold';

/** A place at a host, which must be left. */
export interface HostPlace {
  leave(end: PlaceEnd): void;
}

export type Turn =
  | { readonly free: true; readonly place: HostPlace }
  /** Come again after so many milliseconds. */
  | { readonly free: false; readonly waitMs: number };

export interface HostPlacesOptions {
  /** Most tries at once to one host, and to all slow hosts together. */
  readonly perHost: number;
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly now?: () => number;
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
  /** How many hosts are remembered. Default 10 000. */
  readonly maxHosts?: number;
}

interface Host {
  /** Tries that it gets at once at the moment. */
  limit: number;
  /** When each running try began, the oldest first. */
  readonly running: Set<{ readonly startedAt: number }>;
  /** What a try takes there. */
  durationMs: number;
  /** When the last of those who wait may come. */
  lastTurnAt: number;
}

/** A host that nobody knows yet gets so many tries at once: enough for most, and no great loss when it is dead. */
const FIRST_LIMIT = 8;
const FIRST_GUESS_MS = 250;
/** A try that fails sooner holds no slot for long, and says nothing against more of them. */
const SLOW_MS = 1000;
/** Whoever waits comes back by then, so that a host which works again is soon found out. */
const LONGEST_WAIT_MS = 300_000;

/**
 * How many tries each host gets at once in this worker, so that hosts which never answer can't take every slot.
 *
 * The number follows the host: doubled by a try that ends well or at once, halved by one that fails slowly. Hosts that
 * were halved below the first number share `perHost` places, however many they are. Whoever finds no place gets a turn
 * by the host's own pace, at most 5 min away, and must not hold a slot until then.
 */
export class HostPlaces {
  readonly #options: Required<HostPlacesOptions>;
  readonly #hosts = new Map<string, Host>();
  readonly #firstLimit: number;
  #takenBySlow = 0;

  /** @throws RangeError when `perHost` is not a positive whole number. */
  constructor({ perHost, now = defaultNow, random = Math.random, maxHosts = 10_000 }: HostPlacesOptions) {
    if (!Number.isSafeInteger(perHost) || perHost < 1) {
      throw new RangeError(`Tries at once to one host must be a positive whole number: ${perHost} is not.`);
    }
    this.#options = { perHost, now, random, maxHosts };
    this.#firstLimit = Math.min(FIRST_LIMIT, perHost);
  }

  /** A place at a host, or the wait until one is likely. */
  enter(name: string): Turn {
    const host = this.#find(name);
    const slow = host.limit < this.#firstLimit;
    const full = host.running.size >= host.limit || (slow && this.#takenBySlow >= this.#options.perHost);
    return full ? { free: false, waitMs: this.#giveTurn(host) } : { free: true, place: this.#take(host, slow) };
  }

  #take(host: Host, slow: boolean): HostPlace {
    const { now, perHost } = this.#options;
    const entry = { startedAt: now() };
    host.running.add(entry);
    if (slow) this.#takenBySlow += 1;
    return {
      leave: (end) => {
        if (!host.running.delete(entry)) return;
        if (slow) this.#takenBySlow -= 1;
        if (end === 'untold') return;
        const tookMs = now() - entry.startedAt;
        host.durationMs = (host.durationMs + tookMs) / 2;
        if (end === 'failed' && tookMs >= SLOW_MS) host.limit = Math.max(Math.floor(host.limit / 2), 1);
        else host.limit = Math.min(host.limit * 2, perHost);
        // Those who wait have their turns; whoever comes now need not queue behind a time that is over.
        if (end === 'delivered') host.lastTurnAt = 0;
      },
    };
  }

  /** One after the other, as fast as places become free. */
  #giveTurn(host: Host): number {
    const { now, random } = this.#options;
    const at = now();
    const [oldest] = host.running;
    const takesMs = Math.max(host.durationMs, oldest === undefined ? 0 : at - oldest.startedAt);
    const turnAt = Math.max(host.lastTurnAt, at) + takesMs / host.limit;
    const waitMs = turnAt - at;
    if (waitMs < LONGEST_WAIT_MS) {
      host.lastTurnAt = turnAt;
      return Math.max(Math.ceil(waitMs), AT_ONCE_MS);
    }
    host.lastTurnAt = at + LONGEST_WAIT_MS;
    return Math.ceil(LONGEST_WAIT_MS * (0.5 + random() / 2));
  }

  #find(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    if (this.#hosts.size >= this.#options.maxHosts) this.#forgetOne();
    const host: Host = {
      limit: this.#firstLimit,
      running: new Set(),
      durationMs: FIRST_GUESS_MS,
      lastTurnAt: 0,
    };
    this.#hosts.set(name, host);
    return host;
  }

  /** The oldest that nobody is at. */
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
