import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type CallbackProgress, type DeliverCallbackInput, readCallbackProgress } from '../../contract/activities.ts';
import type { CallbackReceipt } from '../../contract/run.ts';
import { EgressError, shortHost } from '../../egress/egress-error.ts';
import { guardedPost, type PostAnswer } from '../../egress/guarded-request.ts';
import { toCallbackBody } from '../../protocol/callback-body.ts';
import { signRequest } from '../../signatures/sign-request.ts';
import { toInputFailure } from '../agent-failure.ts';
import { isWorkerShutdown } from '../is-worker-shutdown.ts';
import { timeLeft } from '../time-left.ts';
import { readRetryAfter } from '../../timing/read-retry-after.ts';
import { within } from '../../timing/within.ts';
import { toLine } from '../../values/plain-text.ts';
import { callbackSecretOf, type PreparedClient } from './callback-client.ts';
import { toCallbackFailure, toParkedFailure, toStoppedFailure } from './callback-failure.ts';
import type { DeliveryTryDeps } from './delivery-try-deps.ts';
import type { HostPlace, PlaceEnd } from './host-places.ts';
import { type DeliveryFault, isTaken, judgeAnswer, judgeEgressError } from './judge-answer.ts';
import { type NextTry, planNextTry, planTurn } from './plan-next-try.ts';
import { tellOperator } from './tell-operator.ts';

/** How long Temporal may take to hear of the first failure, in milliseconds. */
const ANNOUNCE_MS = 3000;
/** A try is given up this long before Temporal would, so that its failure says more than "timeout". */
const BEFORE_THE_END_MS = 500;
const USER_AGENT = 'garudust-temporal';

/** One try of `deliverCallback`. */
export class DeliveryTry {
  readonly #deps: DeliveryTryDeps;
  readonly #input: DeliverCallbackInput;
  readonly #activity = Context.current();
  readonly #leftMs = timeLeft(this.#activity.info);
  readonly #host: string;
  /** Name and port: two receivers on one machine are two. */
  readonly #authority: string;
  #progress: CallbackProgress;
  #client: PreparedClient | undefined;

  constructor(deps: DeliveryTryDeps, input: DeliverCallbackInput) {
    this.#deps = deps;
    this.#input = input;
    const url = URL.canParse(input.url) ? new URL(input.url) : undefined;
    this.#host = url?.hostname ?? '';
    this.#authority = url?.host ?? '';
    this.#progress = readCallbackProgress(this.#activity.info.heartbeatDetails);
  }

  /**
   * @param client undefined when it is not configured
   * @throws ApplicationFailure; CancelledFailure
   */
  async run(client: PreparedClient | undefined): Promise<CallbackReceipt> {
    this.#client = client;
    if (this.#tries > this.#input.retryDelaysMs.length + 1) {
      throw await this.#failed(ourFault('The last try was lost with its worker: redeliver the callback.'));
    }
    if (client === undefined) {
      const name = toLine(this.#input.client, 60);
      throw await this.#failed(ourFault(`Client "${name}" is not configured on this worker: add it to clients.`));
    }
    const turn = this.#deps.places.enter(this.#authority);
    // Where a workflow lets Temporal count the attempts, waiting for a turn would use them up.
    const counted = (this.#activity.info.retryPolicy?.maximumAttempts ?? 0) > 0;
    if (!turn.free && !counted) throw await this.#park(turn.waitMs);
    return this.#send(client, turn.free ? turn.place : undefined);
  }

  async #send(client: PreparedClient, place: HostPlace | undefined): Promise<CallbackReceipt> {
    let end: PlaceEnd = 'untold';
    let answer: PostAnswer;
    try {
      answer = await this.#post(client);
      end = isTaken(answer) ? 'delivered' : 'failed';
      if (answer.withheld === true) {
        this.#deps.logger.warn(
          this.#labels(),
          'callback_headers were not sent: they go over https, or to a private network; change the URL to https',
        );
      }
    } catch (error) {
      const fault = this.#judge(error);
      if (fault.errorClass !== undefined) end = 'failed';
      // Given back before Temporal is told of anything, which may take its time.
      place?.leave(end);
      throw await this.#failed(fault);
    } finally {
      place?.leave(end);
    }
    const fault = judgeAnswer(this.#host, answer, this.#deps.stopStatuses);
    if (fault !== undefined) throw await this.#failed(fault);
    return this.#delivered(answer);
  }

  /** Which try this is, from 1: Temporal's count without the attempts that only waited. */
  get #tries(): number {
    return Math.max(this.#activity.info.attempt - (this.#progress.parked ?? 0), 1);
  }

  /** Gives the slot back until the turn at the host has come; the try is not used up. */
  async #park(wantedMs: number): Promise<Error> {
    const waitMs = planTurn(wantedMs, this.#leftMs(), this.#input.attemptTimeoutMs);
    if (waitMs === undefined) {
      const message = `${shortHost(this.#host)} is slow: there was no turn for this callback in the total time.`;
      return this.#failed({ ...ourFault(message), final: true });
    }
    this.#beat({ parked: (this.#progress.parked ?? 0) + 1 });
    this.#deps.metrics?.callbackDeferred();
    this.#deps.logger.info({ ...this.#labels(), waitMs }, 'callback waits for its turn at a slow host');
    return toParkedFailure(this.#host, waitMs);
  }

  /** Heartbeat details outlive attempts. */
  #beat(news: CallbackProgress): void {
    this.#progress = { ...this.#progress, ...news };
    this.#deps.heartbeat.beat(this.#progress);
  }

  #post(client: PreparedClient): Promise<PostAnswer> {
    const { runId, outcome, url, attemptTimeoutMs } = this.#input;
    const { startToCloseTimeoutMs } = this.#activity.info;
    const body = JSON.stringify(toCallbackBody(runId, outcome));
    const mostMs = Math.min(startToCloseTimeoutMs > 0 ? startToCloseTimeoutMs : Infinity, this.#leftMs());
    return (this.#deps.post ?? guardedPost)({
      url,
      headers: this.#sign(callbackSecretOf(client), body),
      bound: client.bound,
      body,
      timeoutMs: Math.max(Math.min(attemptTimeoutMs, mostMs - BEFORE_THE_END_MS), 1),
      rules: {
        allowedDomains: client.allowedCallbackDomains,
        permitNetworks: this.#deps.permitNetworks,
        own: this.#deps.own,
      },
      proxy: this.#deps.proxy,
      signal: this.#activity.cancellationSignal,
    });
  }

  #sign(secrets: readonly string[], body: string): Readonly<Record<string, string>> {
    const timestamp = Math.floor(this.#now() / 1000);
    try {
      const signed = signRequest({ secrets, id: this.#input.deliveryId, timestamp, body });
      return { 'content-type': 'application/json', 'user-agent': USER_AGENT, ...signed };
    } catch {
      // The secrets were tried when the worker started.
      throw toInputFailure('deliveryId can not be signed: use an id without a timestamp in it, such as the run id.');
    }
  }

  #delivered({ statusCode, durationMs, address }: PostAnswer): CallbackReceipt {
    this.#deps.metrics?.callbackAttempted({ outcome: 'delivered' }, durationMs / 1000);
    this.#deps.logger.info({ ...this.#labels(), statusCode, durationMs, address }, 'callback delivered');
    const deliveredAt = new Date(this.#now()).toISOString();
    return { statusCode, attempts: this.#tries, deliveredAt, durationMs, address };
  }

  /** What a failed request means; what is no failed delivery is thrown as it must leave the activity. */
  #judge(error: unknown): DeliveryFault {
    const { cancellationSignal: signal, cancellationDetails } = this.#activity;
    if (signal.aborted && error === signal.reason) {
      // The signal's own reason: the SDK tells a pause and a reset from a cancel by it.
      if (!isWorkerShutdown(signal.reason, cancellationDetails)) throw error;
      throw toStoppedFailure();
    }
    if (error instanceof EgressError) return judgeEgressError(error);
    if (error instanceof ApplicationFailure) throw error;
    const name = error instanceof Error ? error.name : 'unknown';
    this.#deps.logger.error({ ...this.#labels(), error: name }, 'a callback could not be sent for a fault of ours');
    return ourFault(`The callback was not sent, something failed in the worker (${name}): look at its log.`);
  }

  async #failed(fault: DeliveryFault): Promise<Error> {
    const { errorClass, type, statusCode, durationMs, address } = fault;
    const next = this.#plan(readRetryAfter(fault.retryAfter, this.#now()));
    const tries = this.#progress.parked === undefined ? undefined : this.#tries;
    const failure = toCallbackFailure(fault, next, this.#now(), tries);
    if (errorClass !== undefined) {
      this.#deps.metrics?.callbackAttempted({ outcome: 'failed', errorClass }, durationMs / 1000);
    }
    const fields = { ...this.#labels(), type, errorClass, statusCode, durationMs, address };
    if (!fault.final && next.follows) {
      this.#deps.logger.info({ ...fields, delayMs: next.delayMs }, 'callback not delivered, tried again later');
      await this.#announce();
    } else {
      this.#deps.metrics?.callbackDied();
      this.#deps.logger.warn(fields, 'callback not delivered, and no try follows');
      this.#tellOperator(fault);
    }
    return failure;
  }

  /** Not waited for: the run goes on. A redelivery that fails as well is no news. */
  #tellOperator(fault: DeliveryFault): void {
    const { deadLetterWebhook: url, post = guardedPost, logger } = this.#deps;
    if (url === undefined || this.#input.diedBefore === true) return;
    const secrets = this.#deps.deadLetterSecret ?? (this.#client === undefined ? [] : callbackSecretOf(this.#client));
    const facts = { input: this.#input, host: this.#host, fault, attempts: this.#tries, at: this.#now() };
    void tellOperator({ url, secrets, ...facts, post, logger });
  }

  #plan(retryAfterMs: number | undefined): NextTry {
    const { retryDelaysMs, attemptTimeoutMs } = this.#input;
    const random = (this.#deps.random ?? Math.random)();
    return planNextTry({
      attempt: this.#tries,
      retryDelaysMs,
      attemptTimeoutMs,
      leftMs: this.#leftMs(),
      retryAfterMs,
      random,
    });
  }

  /** Once for all attempts, also when the first one was lost with its worker. */
  async #announce(): Promise<void> {
    if (this.#progress.announced === true) return;
    try {
      await within(ANNOUNCE_MS, this.#deps.onFirstFailure(this.#input.runId), () => {
        throw Object.assign(new Error(`not settled within ${ANNOUNCE_MS} ms`), { name: 'TimeoutError' });
      });
      this.#beat({ announced: true });
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown';
      this.#deps.logger.warn({ ...this.#labels(), error: name }, 'the run was not told that its callback is retried');
    }
  }

  #now(): number {
    return (this.#deps.now ?? Date.now)();
  }

  #labels(): object {
    const { runId, client } = this.#input;
    return { runId, client, host: this.#host, attempt: this.#tries };
  }
}

/** A try that never came to sending. Tried again by the schedule: another worker, or this one once it is mended, may do it. */
function ourFault(message: string): DeliveryFault {
  return { type: 'CallbackFailed', final: false, message, durationMs: 0 };
}
