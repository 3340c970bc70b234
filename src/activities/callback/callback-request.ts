import type { RunOutcome } from '../../contract/run.ts';
import type { DeliverCallbackInput } from '../../contract/activities.ts';
import { EgressError } from '../../egress/egress-error.ts';
import type { EgressProxy } from '../../egress/egress-proxy.ts';
import { guardedPost, type PostAnswer } from '../../egress/guarded-request.ts';
import type { FindOwnPlaces } from '../../egress/own-places.ts';
import { toCallbackBody } from '../../protocol/callback-body.ts';
import { signRequest } from '../../signatures/sign-request.ts';
import { NO_TRACING, type Tracing } from '../../telemetry/tracing.ts';
import { toInputFailure } from '../activity-failure.ts';
import { callbackSecretOf, type PreparedClient } from './callback-client.ts';
import { isAccepted } from './callback-fault.ts';
import type { HostOutcome, HostPermit } from './host-semaphores.ts';

/** The input of a delivery, whose outcome is known. */
export type KnownOutcome = DeliverCallbackInput & { readonly outcome: RunOutcome };

/** What is delivered. */
export interface KnownDelivery extends Omit<DeliverCallbackInput, 'outcome'> {
  readonly body: string;
  /** It tells of a question: the run does not depend on it, so that nobody is notified when it fails. */
  readonly isQuestion?: true;
}

export function toDelivery({ outcome, ...delivery }: KnownOutcome): KnownDelivery {
  return { ...delivery, body: JSON.stringify(toCallbackBody(delivery.runId, outcome)) };
}

export interface RequestDeps {
  /** Networks in CIDR form that callbacks may reach although they are not public. */
  readonly permitNetworks: readonly string[];
  /** Proxy for callbacks, but not for the operator's webhook. Default: none. */
  readonly proxy?: EgressProxy | undefined;
  /** Finds the listeners of this process and Temporal, which callbacks must not reach. Default: none. */
  readonly findOwnPlaces?: FindOwnPlaces | undefined;
  /** Default: `guardedPost`. */
  readonly post?: typeof guardedPost;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
}

/** How a request ended: with an answer of the receiver, or with what prevented one. */
export type RequestEnd = { readonly answer: PostAnswer } | { readonly error: unknown };

export interface RequestOptions {
  readonly client: PreparedClient;
  readonly timeoutMs: number;
  /** Released when the request ends. */
  readonly permit: HostPermit | undefined;
}

const USER_AGENT = 'garudust-temporal';

/** One signed request of a callback. It goes on without the attempt that sent it, and another one may wait for its end. */
export class CallbackRequest {
  /** Never rejects. */
  readonly ended: Promise<RequestEnd>;
  readonly #stop = new AbortController();

  /** Sends it. */
  constructor(deps: RequestDeps, input: KnownDelivery, options: RequestOptions) {
    this.ended = this.#send(deps, input, options);
  }

  abort(reason: unknown): void {
    this.#stop.abort(reason);
  }

  async #send(deps: RequestDeps, input: KnownDelivery, options: RequestOptions): Promise<RequestEnd> {
    let outcome: HostOutcome = 'unknown';
    try {
      const answer = await this.#post(deps, input, options);
      outcome = isAccepted(answer) ? 'delivered' : 'failed';
      return { answer };
    } catch (error) {
      if (error instanceof EgressError) outcome = 'failed';
      return { error };
    } finally {
      options.permit?.release(outcome);
    }
  }

  async #post(
    { permitNetworks, proxy, findOwnPlaces, post = guardedPost, tracing = NO_TRACING, now = Date.now }: RequestDeps,
    { runId, body, url, deliveryId }: KnownDelivery,
    { client, timeoutMs }: RequestOptions,
  ): Promise<PostAnswer> {
    const own = await findOwnPlaces?.();
    const rules = { allowedDomains: client.allowedCallbackDomains, permitNetworks, own };
    const request = { url, bound: client.bound, body, timeoutMs, rules, proxy, signal: this.#stop.signal };
    const host = URL.canParse(url) ? new URL(url).hostname : '';
    const attributes = { 'http.request.method': 'POST', 'server.address': host, 'garudust.run_id': runId };
    return tracing.span({ name: 'POST callback', kind: 'client', attributes }, async (span) => {
      // Beside what is signed, which they are no part of.
      const headers = {
        ...span.headers,
        ...sign(callbackSecretOf(client), deliveryId, Math.floor(now() / 1000), body),
      };
      const answer = await post({ ...request, headers });
      span.set({ 'http.response.status_code': answer.statusCode });
      return answer;
    });
  }
}

function sign(
  secrets: readonly string[],
  id: string,
  timestamp: number,
  body: string,
): Readonly<Record<string, string>> {
  try {
    const signed = signRequest({ secrets, id, timestamp, body });
    return { 'content-type': 'application/json', 'user-agent': USER_AGENT, ...signed };
  } catch {
    // The secrets were checked when the worker started.
    throw toInputFailure('deliveryId cannot be signed: use an ID without a timestamp, such as the run ID.');
  }
}
