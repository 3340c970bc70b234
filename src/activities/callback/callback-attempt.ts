import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type CallbackProgress, readCallbackProgress } from '../../contract/activities.ts';
import type { CallbackReceipt, DeliveryErrorClass } from '../../contract/run.ts';
import { EgressError, shortHost } from '../../egress/egress-error.ts';
import { isWorkerShutdown, nameOf, timeLeft } from '../activity.ts';
import { toActivityFailure } from '../activity-failure.ts';
import type { Heartbeat } from '../heartbeat.ts';
import { AT_ONCE_MS } from '../agent/retry-plan.ts';
import { NO_TRACING, type Tracing } from '../../telemetry/tracing.ts';
import { readRetryAfter } from '../../timing/read-retry-after.ts';
import { onAbort } from '../../timing/until.ts';
import { within } from '../../timing/within.ts';
import { toLine } from '../../values/plain-text.ts';
import type { PreparedClient } from './callback-client.ts';
import {
  type CallbackFault,
  judgeAnswer,
  judgeEgressError,
  toCallbackFailure,
  toDeferredFailure,
  unsentFault,
} from './callback-fault.ts';
import { CallbackRequest, type KnownDelivery, type RequestDeps } from './callback-request.ts';
import { acceptDelivery, type AttemptLabels, warnWithheld } from './accept-delivery.ts';
import { type FirstTries, tryKeyOf } from './first-tries.ts';
import type { HostPermit, HostSemaphores } from './host-semaphores.ts';
import { type NotifyDeps, notifyOperator } from './notify-operator.ts';
import { type NextAttempt, planDeferral, planNextAttempt } from './plan-next-attempt.ts';

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

export interface CallbackAttemptDeps extends NotifyDeps, RequestDeps {
  /** Signals the workflow that the first attempt failed and more follow. When this fails, the delivery goes on. */
  readonly onFirstFailure: (runId: string) => Promise<void>;
  readonly heartbeat: Heartbeat;
  /** Shared by all deliveries of the worker. */
  readonly hosts: HostSemaphores;
  readonly firstTries: FirstTries;
  /** Whether the worker is shutting down: from then on there are no first tries. Default: never. */
  readonly isDraining?: () => boolean;
  /** How long a first try under way may take from then on, in milliseconds. Default: as long as its request. */
  readonly graceMs?: number;
  /** Statuses that end the attempts. Default: `DEFAULT_STOP_STATUSES`. */
  readonly stopStatuses?: readonly number[];
  readonly metrics?: CallbackMetrics;
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

/** One attempt of `deliverCallback`. */
export class CallbackAttempt {
  readonly #deps: CallbackAttemptDeps;
  readonly #input: KnownDelivery;
  readonly #activity = Context.current();
  readonly #leftMs = timeLeft(this.#activity.info);
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
    const { tried } = this.#input;
    if (tried !== undefined && this.#activity.info.attempt === 1) throw await this.#failed(tried, tried.at);
    const underWay = this.#deps.firstTries.take(tryKeyOf(this.#activity.info, this.#input));
    if (underWay !== undefined) return this.#finish(underWay);
    const admission = this.#deps.hosts.tryAcquire(this.#authority);
    // Where Temporal counts the attempts, deferrals would use them up.
    const counted = (this.#activity.info.retryPolicy?.maximumAttempts ?? 0) > 0;
    if (!admission.granted && !counted) throw await this.#defer(admission.waitMs);
    return this.#finish(this.#send(client, admission.granted ? admission.permit : undefined));
  }

  #send(client: PreparedClient, permit: HostPermit | undefined): CallbackRequest {
    const { startToCloseTimeoutMs } = this.#activity.info;
    const mostMs = Math.min(startToCloseTimeoutMs > 0 ? startToCloseTimeoutMs : Infinity, this.#leftMs());
    const timeoutMs = Math.max(Math.min(this.#input.attemptTimeoutMs, mostMs - BEFORE_THE_END_MS), 1);
    return new CallbackRequest(this.#deps, this.#input, { client, permit, timeoutMs });
  }

  /** Waits for the end of a request that this attempt or the first try sent. */
  async #finish(request: CallbackRequest): Promise<CallbackReceipt> {
    const { cancellationSignal: canceled } = this.#activity;
    const stopListening = onAbort(canceled, () => {
      if (!this.#finishes) request.abort(canceled.reason);
    });
    const end = await request.ended;
    stopListening();
    if ('error' in end) throw await this.#failed(this.#judge(end.error));
    const { answer } = end;
    const fault = judgeAnswer(this.#host, answer, this.#deps.stopStatuses);
    if (fault !== undefined) {
      if (answer.withheld === true) warnWithheld(this.#deps.logger, this.#labels());
      throw await this.#failed(fault);
    }
    return acceptDelivery(this.#deps, answer, this.#labels());
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

  /** @param at when the request ended, milliseconds since the epoch; default: now */
  async #failed(fault: CallbackFault, at = this.#now()): Promise<Error> {
    const { errorClass, type, statusCode, durationMs, address } = fault;
    const next = this.#plan(readRetryAfter(fault.retryAfter, this.#now()));
    const count = this.#progress.parked === undefined ? undefined : this.#count;
    const failure = toCallbackFailure(fault, next, at, count);
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
      if (this.#input.isQuestion !== true) await this.#announce();
    } else if (this.#input.isQuestion === true) {
      this.#deps.logger.warn(fields, 'callback about a question not delivered and not retried');
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

  #labels(): AttemptLabels {
    const { runId, client } = this.#input;
    const traceId = this.#tracing.traceId();
    const trace = traceId === undefined ? {} : { trace_id: traceId };
    return { run_id: runId, client, host: this.#host, attempt: this.#count, ...trace };
  }
}
