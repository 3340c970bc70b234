import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type CallbackProgress, type DeliverCallbackInput, readCallbackProgress } from '../../contract/activities.ts';
import type { CallbackReceipt, DeliveryErrorClass, RunOutcome } from '../../contract/run.ts';
import { EgressError, shortHost } from '../../egress/egress-error.ts';
import type { EgressProxy } from '../../egress/egress-proxy.ts';
import { guardedPost, type PostAnswer } from '../../egress/guarded-request.ts';
import type { FindOwnPlaces } from '../../egress/own-places.ts';
import { toCallbackBody } from '../../protocol/callback-body.ts';
import { signRequest } from '../../signatures/sign-request.ts';
import { isWorkerShutdown, nameOf, timeLeft } from '../activity.ts';
import { toActivityFailure, toInputFailure } from '../activity-failure.ts';
import type { Heartbeat } from '../heartbeat.ts';
import { AT_ONCE_MS } from '../retry-plan.ts';
import { NO_TRACING, type Tracing } from '../../telemetry/tracing.ts';
import { readRetryAfter } from '../../timing/read-retry-after.ts';
import { onAbort } from '../../timing/until.ts';
import { within } from '../../timing/within.ts';
import { toLine } from '../../values/plain-text.ts';
import { callbackSecretOf, type PreparedClient } from './callback-client.ts';
import {
  type CallbackFault,
  isAccepted,
  judgeAnswer,
  judgeEgressError,
  toCallbackFailure,
  toDeferredFailure,
  unsentFault,
} from './callback-fault.ts';
import type { HostOutcome, HostPermit, HostSemaphores } from './host-semaphores.ts';
import { type NotifyDeps, notifyOperator } from './notify-operator.ts';
import { type NextAttempt, planDeferral, planNextAttempt } from './plan-next-attempt.ts';

/** The input of a delivery, whose outcome is known. */
export type KnownDelivery = DeliverCallbackInput & { readonly outcome: RunOutcome };

/** The metrics of `deliverCallback`. */
export interface CallbackMetrics {
  /** An attempt ended; the seconds count from the lookup to the end of the answer. */
  callbackAttempted(
    attempt: { client: string } & ({ outcome: 'delivered' } | { outcome: 'failed'; errorClass: DeliveryErrorClass }),
    seconds: number,
  ): void;
  /** The last attempt failed. */
  callbackDied(): void;
  /** An attempt was deferred by the per-host limit. */
  callbackDeferred(): void;
}

export interface CallbackAttemptDeps extends NotifyDeps {
  /** Networks in CIDR form that callbacks may reach although they are not public. */
  readonly permitNetworks: readonly string[];
  /** Proxy for callbacks, but not for the operator's webhook. Default: none. */
  readonly proxy?: EgressProxy | undefined;
  /** Finds the listeners of this process and Temporal, which callbacks must not reach. Default: none. */
  readonly findOwnPlaces?: FindOwnPlaces | undefined;
  /** Signals the workflow that the first attempt failed and more follow. When this fails, the delivery goes on. */
  readonly onFirstFailure: (runId: string) => Promise<void>;
  readonly heartbeat: Heartbeat;
  /** Shared by all deliveries of the worker. */
  readonly hosts: HostSemaphores;
  /** Statuses that end the attempts. Default: `DEFAULT_STOP_STATUSES`. */
  readonly stopStatuses?: readonly number[];
  readonly metrics?: CallbackMetrics;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing;
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/**
 * A cancel, a pause and a reset (`CancelReason` of `@temporalio/worker`) leave a request that is under way to its end: the receiver
 * may have it already, and what it answers is the truth about the delivery.
 */
const FINISHES: readonly string[] = ['CANCELLED', 'PAUSED', 'RESET'];
/** How long the signal of the first failure may take, in milliseconds. */
const ANNOUNCE_MS = 3000;
/** An attempt ends this long before Temporal's timeout, so that its failure says more than "timeout". */
const BEFORE_THE_END_MS = 500;
const USER_AGENT = 'garudust-temporal';

/** One attempt of `deliverCallback`. */
export class CallbackAttempt {
  readonly #deps: CallbackAttemptDeps;
  readonly #input: KnownDelivery;
  readonly #activity = Context.current();
  readonly #leftMs = timeLeft(this.#activity.info);
  /** Ends the request. */
  readonly #stop = new AbortController();
  readonly #host: string;
  /** Name and port, so that two receivers on one machine are separate. */
  readonly #authority: string;
  readonly #tracing: Tracing;
  #progress: CallbackProgress;
  #client: PreparedClient | undefined;

  constructor(deps: CallbackAttemptDeps, input: KnownDelivery) {
    this.#deps = deps;
    this.#input = input;
    this.#tracing = deps.tracing ?? NO_TRACING;
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
    if (this.#count > this.#input.retryDelaysMs.length + 1) {
      throw await this.#failed(unsentFault('The last attempt was lost with its worker: redeliver the callback.'));
    }
    if (client === undefined) {
      const name = toLine(this.#input.client, 60);
      throw await this.#failed(unsentFault(`Client "${name}" is not configured on this worker: add it to clients.`));
    }
    const admission = this.#deps.hosts.tryAcquire(this.#authority);
    // Where Temporal counts the attempts, deferrals would use them up.
    const counted = (this.#activity.info.retryPolicy?.maximumAttempts ?? 0) > 0;
    if (!admission.granted && !counted) throw await this.#defer(admission.waitMs);
    return this.#send(client, admission.granted ? admission.permit : undefined);
  }

  async #send(client: PreparedClient, permit: HostPermit | undefined): Promise<CallbackReceipt> {
    let outcome: HostOutcome = 'unknown';
    let answer: PostAnswer;
    const { cancellationSignal: canceled } = this.#activity;
    const stopListening = onAbort(canceled, () => {
      if (!this.#finishes) this.#stop.abort(canceled.reason);
    });
    try {
      answer = await this.#post(client);
      outcome = isAccepted(answer) ? 'delivered' : 'failed';
      if (answer.withheld === true) {
        this.#deps.logger.warn(
          this.#labels(),
          'callback_headers not sent: they need https or a private network; change the URL to https',
        );
      }
    } catch (error) {
      const fault = this.#judge(error);
      if (fault.errorClass !== undefined) outcome = 'failed';
      // Released before the signal to the workflow, which may take long.
      permit?.release(outcome);
      throw await this.#failed(fault);
    } finally {
      stopListening();
      permit?.release(outcome);
    }
    const fault = judgeAnswer(this.#host, answer, this.#deps.stopStatuses);
    if (fault !== undefined) throw await this.#failed(fault);
    return this.#delivered(answer);
  }

  /** Whether the attempt is canceled in a way that lets its request end. */
  get #finishes(): boolean {
    const { reason } = this.#activity.cancellationSignal;
    return reason instanceof Error && FINISHES.includes(reason.message);
  }

  /** Which attempt this is, from 1: Temporal's count without the deferred ones. */
  get #count(): number {
    return Math.max(this.#activity.info.attempt - (this.#progress.parked ?? 0), 1);
  }

  /** Frees the slot until a permit is likely; the attempt does not count. */
  async #defer(wantedMs: number): Promise<Error> {
    const waitMs = planDeferral(wantedMs, this.#leftMs(), this.#input.attemptTimeoutMs);
    if (waitMs === undefined) {
      const message = `${shortHost(this.#host)} stayed at the per-host limit until the total timeout.`;
      return this.#failed({ ...unsentFault(message), final: true });
    }
    this.#beat({ parked: (this.#progress.parked ?? 0) + 1 });
    this.#deps.metrics?.callbackDeferred();
    this.#deps.logger.info({ ...this.#labels(), wait_ms: waitMs }, 'callback deferred: the per-host limit is reached');
    return toDeferredFailure(this.#host, waitMs);
  }

  /** Heartbeat details outlive attempts. */
  #beat(changes: CallbackProgress): void {
    this.#progress = { ...this.#progress, ...changes };
    this.#deps.heartbeat.beat(this.#progress);
  }

  async #post(client: PreparedClient): Promise<PostAnswer> {
    const own = await this.#deps.findOwnPlaces?.();
    const { runId, outcome, url, attemptTimeoutMs } = this.#input;
    const { startToCloseTimeoutMs } = this.#activity.info;
    const body = JSON.stringify(toCallbackBody(runId, outcome));
    const mostMs = Math.min(startToCloseTimeoutMs > 0 ? startToCloseTimeoutMs : Infinity, this.#leftMs());
    const request = {
      url,
      bound: client.bound,
      body,
      timeoutMs: Math.max(Math.min(attemptTimeoutMs, mostMs - BEFORE_THE_END_MS), 1),
      rules: {
        allowedDomains: client.allowedCallbackDomains,
        permitNetworks: this.#deps.permitNetworks,
        own,
      },
      proxy: this.#deps.proxy,
      signal: this.#stop.signal,
    };
    const attributes = { 'http.request.method': 'POST', 'server.address': this.#host, 'garudust.run_id': runId };
    return this.#tracing.span({ name: 'POST callback', kind: 'client', attributes }, async (span) => {
      // Beside what is signed, which they are no part of.
      const headers = { ...span.headers, ...this.#sign(callbackSecretOf(client), body) };
      const answer = await (this.#deps.post ?? guardedPost)({ ...request, headers });
      span.set({ 'http.response.status_code': answer.statusCode });
      return answer;
    });
  }

  #sign(secrets: readonly string[], body: string): Readonly<Record<string, string>> {
    const timestamp = Math.floor(this.#now() / 1000);
    try {
      const signed = signRequest({ secrets, id: this.#input.deliveryId, timestamp, body });
      return { 'content-type': 'application/json', 'user-agent': USER_AGENT, ...signed };
    } catch {
      // The secrets were checked when the worker started.
      throw toInputFailure('deliveryId cannot be signed: use an ID without a timestamp, such as the run ID.');
    }
  }

  #delivered({ statusCode, durationMs, address }: PostAnswer): CallbackReceipt {
    this.#deps.metrics?.callbackAttempted({ client: this.#input.client, outcome: 'delivered' }, durationMs / 1000);
    const fields = { ...this.#labels(), status_code: statusCode, duration_ms: durationMs, address };
    this.#deps.logger.info(fields, 'callback delivered');
    const deliveredAt = new Date(this.#now()).toISOString();
    return { statusCode, attempts: this.#count, deliveredAt, durationMs, address };
  }

  /**
   * The fault of a failed request.
   *
   * @throws ApplicationFailure; CancelledFailure: when the delivery itself did not fail
   */
  #judge(error: unknown): CallbackFault {
    const { cancellationSignal: signal } = this.#activity;
    if (signal.aborted && error === signal.reason) {
      if (!isWorkerShutdown(this.#activity)) throw error;
      const message = 'The worker is shutting down: the next worker retries this attempt.';
      throw toActivityFailure('WorkerStopped', message, { retryDelayMs: AT_ONCE_MS });
    }
    if (error instanceof EgressError) return judgeEgressError(error);
    if (error instanceof ApplicationFailure) throw error;
    const name = nameOf(error);
    this.#deps.logger.error({ ...this.#labels(), error: name }, 'callback not sent: unexpected error');
    return unsentFault(`The callback was not sent: the worker failed with ${name}, check its log.`);
  }

  async #failed(fault: CallbackFault): Promise<Error> {
    const { errorClass, type, statusCode, durationMs, address } = fault;
    const next = this.#plan(readRetryAfter(fault.retryAfter, this.#now()));
    const count = this.#progress.parked === undefined ? undefined : this.#count;
    const failure = toCallbackFailure(fault, next, this.#now(), count);
    if (errorClass !== undefined) {
      const { client } = this.#input;
      this.#deps.metrics?.callbackAttempted({ client, outcome: 'failed', errorClass }, durationMs / 1000);
    }
    // The signal's own reason: by it the SDK distinguishes a pause and a reset from a cancel.
    if (this.#finishes) return this.#activity.cancellationSignal.reason as Error;
    const tried = { error_class: errorClass, status_code: statusCode, duration_ms: durationMs, address };
    const fields = { ...this.#labels(), type, ...tried };
    if (!fault.final && next.follows) {
      this.#deps.logger.info({ ...fields, delay_ms: next.delayMs }, 'callback not delivered, retry scheduled');
      await this.#announce();
    } else {
      this.#deps.metrics?.callbackDied();
      this.#deps.logger.warn(fields, 'callback not delivered and not retried');
      this.#notifyOperator(fault);
    }
    return failure;
  }

  /** Not awaited: the run goes on. A redelivery that fails as well sends no second notification. */
  #notifyOperator(fault: CallbackFault): void {
    const { runId, client, diedBefore } = this.#input;
    if (diedBefore === true) return;
    void notifyOperator(this.#deps, this.#client, { runId, client, host: this.#host, fault, attempts: this.#count });
  }

  #plan(retryAfterMs: number | undefined): NextAttempt {
    const { retryDelaysMs, attemptTimeoutMs } = this.#input;
    const random = (this.#deps.random ?? Math.random)();
    return planNextAttempt({
      attempt: this.#count,
      retryDelaysMs,
      attemptTimeoutMs,
      leftMs: this.#leftMs(),
      retryAfterMs,
      random,
    });
  }

  /** Once per delivery, also when the first attempt was lost with its worker. */
  async #announce(): Promise<void> {
    if (this.#progress.announced === true) return;
    try {
      await within(ANNOUNCE_MS, this.#deps.onFirstFailure(this.#input.runId), () => {
        throw Object.assign(new Error(`not settled within ${ANNOUNCE_MS} ms`), { name: 'TimeoutError' });
      });
      this.#beat({ announced: true });
    } catch (error) {
      const fields = { ...this.#labels(), error: nameOf(error) };
      this.#deps.logger.warn(fields, 'could not signal the run that its callback is being retried');
    }
  }

  #now(): number {
    return (this.#deps.now ?? Date.now)();
  }

  #labels() {
    const { runId, client } = this.#input;
    const traceId = this.#tracing.traceId();
    const trace = traceId === undefined ? {} : { trace_id: traceId };
    return { run_id: runId, client, host: this.#host, attempt: this.#count, ...trace };
  }
}
