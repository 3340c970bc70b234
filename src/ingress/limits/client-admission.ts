import type { Context } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ProblemError } from '../../protocol/problem-error.ts';
import { problemRetryAfter } from '../../protocol/problems.ts';
import type { ClientRate, IngressClient } from '../ingress-client.ts';
import { ClientSemaphore } from './client-semaphore.ts';
import { WaitingLine } from './waiting-line.ts';

interface LimitedClient {
  readonly rate: ClientRate | undefined;
  readonly maxInFlight: number;
  readonly limiter: RateLimiterMemory | undefined;
  /** For its permits, which are handed on. */
  readonly line: WaitingLine<() => void>;
}

/** A client with few permits may have a burst, too. */
const MIN_LINE = 100;

/** Where the headers are set. */
type Reply = Pick<Context, 'set'>;

/**
 * Limits the verified deliveries of each client: how often (`rateLimit`) and how many at the same time (`maxInFlight`). It
 * counts in the memory of this process, so a client has its limits once per process.
 */
export class ClientAdmission {
  readonly #clients: ReadonlyMap<string, LimitedClient>;
  readonly #permits: ClientSemaphore;

  constructor(clients: readonly IngressClient[]) {
    this.#clients = new Map(clients.map((client) => [client.id, toLimited(client)]));
    this.#permits = new ClientSemaphore({
      perClient: (id) => this.#clients.get(id)?.maxInFlight ?? Infinity,
      total: Infinity,
      refuseClient: tooMany,
      refuseAll: () => new ProblemError('overloaded', 'The server is at capacity.'),
    });
  }

  /**
   * Does the work of a delivery while it holds a permit. Sets `RateLimit-Policy` and `RateLimit`, which tell the client its
   * limits and what is left of them: draft-ietf-httpapi-ratelimit-headers-11, sections 3.1 and 4.1, as lists of RFC 9651.
   * The rate is in `requests`, the default unit; the unit of the other limit comes from section 10.3.
   *
   * When the rate is used up, `Retry-After` of a refusal is not before the end of the window (section 6). In a 202 it may
   * be: there it says when to read the run.
   *
   * When all permits of the client are taken, it waits for two seconds, in order of arrival.
   *
   * @param whileWaiting is given the wait, so that nothing else is held meanwhile
   * @throws ProblemError `too_many_in_flight` (429), `rate_limited` (429), and whatever `work` rejects with
   */
  async admit(
    reply: Reply,
    id: string,
    work: () => Promise<void>,
    whileWaiting: <T>(wait: Promise<T>) => Promise<T> = (wait) => wait,
  ): Promise<void> {
    const client = this.#clients.get(id);
    if (client === undefined) throw new Error(`no client "${id}" is configured, yet a delivery names it`);
    this.#setHeaders(reply, id, client);
    // First, so that a delivery that is refused here does not count against the rate.
    const release = this.#take(id, client) ?? (await whileWaiting(client.line.wait(tooMany(client.maxInFlight))));
    try {
      const count = await consume(client.limiter, id);
      this.#setHeaders(reply, id, client, count);
      if (client.rate !== undefined && count?.isOver === true) {
        reply.set('Retry-After', String(count.resetSeconds));
        throw new ProblemError(
          'rate_limited',
          `A client may send ${client.rate.count} deliveries ${inWords(client.rate.windowMs)}: slow down.`,
        );
      }
      await work().then(
        () => client.line.ended(),
        (error: unknown) => {
          client.line.ended(error);
          if (count?.left === 0) delayRetry(reply, error, count.resetSeconds);
          throw error;
        },
      );
    } finally {
      if (!client.line.handOn(release)) release();
    }
  }

  #take(id: string, { line }: LimitedClient): (() => void) | undefined {
    return line.isEmpty && this.#permits.left(id) > 0 ? this.#permits.acquire(id) : undefined;
  }

  #setHeaders(reply: Reply, id: string, { rate, maxInFlight }: LimitedClient, count?: Count): void {
    const policies: string[] = [];
    const states: string[] = [];
    if (rate !== undefined) {
      policies.push(`"rate";q=${rate.count};w=${rate.windowMs / 1000}`);
      if (count !== undefined) states.push(`"rate";r=${count.left};t=${count.resetSeconds}`);
    }
    if (Number.isFinite(maxInFlight)) {
      policies.push(`"in-flight";q=${maxInFlight};qu="concurrent-requests"`);
      states.push(`"in-flight";r=${this.#permits.left(id)}`);
    }
    if (policies.length > 0) reply.set('RateLimit-Policy', policies.join(', '));
    if (states.length > 0) reply.set('RateLimit', states.join(', '));
  }
}

function tooMany(limit: number): ProblemError {
  return new ProblemError(
    'too_many_in_flight',
    `A client may have ${limit} deliveries in progress: send fewer at the same time.`,
  );
}

/** A retry before the end of the window would be refused by the rate. */
function delayRetry(reply: Reply, error: unknown, resetSeconds: number): void {
  const soonest = error instanceof ProblemError ? problemRetryAfter(error.code) : undefined;
  if (soonest !== undefined) reply.set('Retry-After', String(Math.max(soonest, resetSeconds)));
}

/** How much of its rate a client has used. */
interface Count {
  readonly isOver: boolean;
  readonly left: number;
  /** Until the end of the window, rounded up. */
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
  return { rate, maxInFlight, limiter, line: new WaitingLine(Math.max(MIN_LINE, maxInFlight)) };
}

function inWords(windowMs: number): string {
  const unit = { 1_000: 'second', 60_000: 'minute', 3_600_000: 'hour' }[windowMs];
  return unit === undefined ? `in ${windowMs / 1000} seconds` : `a ${unit}`.replace('a hour', 'an hour');
}
