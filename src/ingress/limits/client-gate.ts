import type { Context } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ProblemError, problemRetryAfter } from '../../protocol/problems.ts';
import type { ClientRate, IngressClient } from '../app-deps.ts';
import { ClientSlots } from './client-slots.ts';

interface LimitedClient {
  readonly rate: ClientRate | undefined;
  readonly maxInFlight: number;
  readonly limiter: RateLimiterMemory | undefined;
}

/** What of a request the gate writes to. */
type Reply = Pick<Context, 'set'>;

/**
 * Lets each client's verified deliveries in as often, and as many at once, as that client may send. Counted in the memory
 * of this process: with several processes a client has its limits once in each.
 */
export class ClientGate {
  readonly #clients: ReadonlyMap<string, LimitedClient>;
  readonly #slots: ClientSlots;

  constructor(clients: readonly IngressClient[]) {
    this.#clients = new Map(clients.map((client) => [client.id, toLimited(client)]));
    this.#slots = new ClientSlots({
      perClient: (id) => this.#clients.get(id)?.maxInFlight ?? Infinity,
      inAll: Infinity,
      refuseClient: (limit) =>
        new ProblemError(
          'too_many_in_flight',
          `A client may have ${limit} deliveries under way at once: send fewer at once.`,
        ),
      refuseAll: () => new ProblemError('overloaded', 'This server has as much under way as it takes on.'),
    });
  }

  /**
   * Does the work of a delivery while it counts as under way, and tells the client in `RateLimit-Policy` and `RateLimit`
   * what it may send and what of that is left: draft-ietf-httpapi-ratelimit-headers-11, sections 3.1 and 4.1, as lists of
   * RFC 9651. The rate is in `requests`, which is the unit where `qu` is absent; the other unit is one of section 10.3.
   *
   * Where nothing of the rate is left, a refusal names no time before the end of the window (section 6). A 202 may: there
   * `Retry-After` says when to ask for the run.
   *
   * @throws ProblemError `too_many_in_flight`, `rate_limited`, and whatever `work` rejects with
   */
  async pass(reply: Reply, id: string, work: () => Promise<void>): Promise<void> {
    const client = this.#clients.get(id);
    if (client === undefined) throw new Error(`no client "${id}" is configured, yet a delivery names it`);
    this.#tell(reply, id, client);
    // First, so that what is not taken in for another reason does not count as sent.
    const release = this.#slots.take(id);
    try {
      const count = await consume(client.limiter, id);
      this.#tell(reply, id, client, count);
      if (client.rate !== undefined && count?.isOver === true) {
        reply.set('Retry-After', String(count.resetSeconds));
        throw new ProblemError(
          'rate_limited',
          `A client may send ${client.rate.count} deliveries ${inWords(client.rate.windowMs)}: send fewer.`,
        );
      }
      await work().catch((error: unknown) => {
        if (count?.left === 0) putOff(reply, error, count.resetSeconds);
        throw error;
      });
    } finally {
      release();
    }
  }

  #tell(reply: Reply, id: string, { rate, maxInFlight }: LimitedClient, count?: Count): void {
    const policies: string[] = [];
    const states: string[] = [];
    if (rate !== undefined) {
      policies.push(`"rate";q=${rate.count};w=${rate.windowMs / 1000}`);
      if (count !== undefined) states.push(`"rate";r=${count.left};t=${count.resetSeconds}`);
    }
    if (Number.isFinite(maxInFlight)) {
      policies.push(`"in-flight";q=${maxInFlight};qu="concurrent-requests"`);
      states.push(`"in-flight";r=${this.#slots.left(id)}`);
    }
    if (policies.length > 0) reply.set('RateLimit-Policy', policies.join(', '));
    if (states.length > 0) reply.set('RateLimit', states.join(', '));
  }
}

/** Another try before the window is over would be refused for the rate. */
function putOff(reply: Reply, error: unknown, resetSeconds: number): void {
  const soonest = error instanceof ProblemError ? problemRetryAfter(error.code) : undefined;
  if (soonest !== undefined) reply.set('Retry-After', String(Math.max(soonest, resetSeconds)));
}

/** How a client stands against its rate. */
interface Count {
  readonly isOver: boolean;
  readonly left: number;
  /** Until the window is over, rounded up. */
  readonly resetSeconds: number;
}

async function consume(limiter: RateLimiterMemory | undefined, id: string): Promise<Count | undefined> {
  if (limiter === undefined) return undefined;
  try {
    return toCount(await limiter.consume(id), false);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    return toCount(refused, true);
  }
}

function toCount({ remainingPoints, msBeforeNext }: RateLimiterRes, isOver: boolean): Count {
  return { isOver, left: remainingPoints, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) };
}

function toLimited({ rateLimit: rate, maxInFlight = Infinity }: IngressClient): LimitedClient {
  const limiter = rate && new RateLimiterMemory({ points: rate.count, duration: rate.windowMs / 1000 });
  return { rate, maxInFlight, limiter };
}

function inWords(windowMs: number): string {
  const unit = { 1_000: 'second', 60_000: 'minute', 3_600_000: 'hour' }[windowMs];
  return unit === undefined ? `in ${windowMs / 1000} seconds` : `a ${unit}`.replace('a hour', 'an hour');
}
