import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { DeliverCallbackInput } from '../../contract/activities.ts';
import type { CallbackReceipt, DeliveryErrorClass } from '../../contract/run.ts';
import { EgressError } from '../../egress/egress-error.ts';
import { guardedPost, type PostAnswer } from '../../egress/guarded-request.ts';
import { toCallbackBody } from '../../protocol/callback-body.ts';
import { signRequest } from '../../signatures/sign-request.ts';
import type { ActivityLogger } from '../activity-logger.ts';
import { toInputFailure } from '../agent-failure.ts';
import type { Heartbeat } from '../heartbeat.ts';
import { isWorkerShutdown } from '../is-worker-shutdown.ts';
import { timeLeft } from '../time-left.ts';
import { toLine } from '../well-formed.ts';
import type { CallbackClient } from './callback-client.ts';
import { toCallbackFailure, toStoppedFailure } from './callback-failure.ts';
import { type DeliveryFault, judgeAnswer, judgeEgressError } from './judge-answer.ts';
import { type NextTry, planNextTry, readRetryAfter } from './plan-next-try.ts';
import { settleWithin } from './settle-within.ts';

/** What `deliverCallback` counts. */
export interface CallbackMetrics {
  /** One try ended; the seconds run from the lookup to the end of the answer. */
  callbackAttempted(
    attempt: { outcome: 'delivered' } | { outcome: 'failed'; errorClass: DeliveryErrorClass },
    seconds: number,
  ): void;
  /** The last try failed. */
  callbackDied(): void;
}

/** What a try needs from outside. */
export interface DeliveryTryDeps {
  /** Networks in CIDR form that callbacks may go to although they are not public. */
  readonly permitNetworks: readonly string[];
  /** Tells the workflow that the first try failed and more follow. When it fails the delivery goes on all the same. */
  readonly onFirstFailure: (runId: string) => Promise<void>;
  readonly heartbeat: Heartbeat;
  readonly logger: ActivityLogger;
  readonly metrics?: CallbackMetrics;
  /** Default: `guardedPost`. */
  readonly post?: typeof guardedPost;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** How long Temporal may take to hear of the first failure, in milliseconds. */
const ANNOUNCE_MS = 3000;
/** A try is given up this long before Temporal would, so that its failure says more than "timeout". */
const BEFORE_THE_END_MS = 500;
const USER_AGENT = 'garudust-temporal';

/** Stands in the heartbeat details, which outlive attempts, once the workflow knows of a failed try. */
const ANNOUNCED = { announced: true } as const;

/** One try of `deliverCallback`. */
export class DeliveryTry {
  readonly #deps: DeliveryTryDeps;
  readonly #input: DeliverCallbackInput;
  readonly #activity = Context.current();
  readonly #leftMs = timeLeft(this.#activity.info);
  readonly #host: string;

  constructor(deps: DeliveryTryDeps, input: DeliverCallbackInput) {
    this.#deps = deps;
    this.#input = input;
    this.#host = URL.canParse(input.url) ? new URL(input.url).hostname : '';
  }

  /**
   * @param client undefined when it is not configured
   * @throws ApplicationFailure; CancelledFailure
   */
  async run(client: Required<CallbackClient> | undefined): Promise<CallbackReceipt> {
    if (client === undefined) {
      const name = toLine(this.#input.client, 60);
      throw await this.#failed(ourFault(`Client "${name}" is not configured on this worker: add it to clients.`));
    }
    let answer: PostAnswer;
    try {
      answer = await this.#post(client);
    } catch (error) {
      throw await this.#failed(this.#judge(error));
    }
    const fault = judgeAnswer(this.#host, answer);
    if (fault !== undefined) throw await this.#failed(fault);
    return this.#delivered(answer);
  }

  #post(client: Required<CallbackClient>): Promise<PostAnswer> {
    const { runId, outcome, url, attemptTimeoutMs } = this.#input;
    const { startToCloseTimeoutMs } = this.#activity.info;
    const body = JSON.stringify(toCallbackBody(runId, outcome));
    const mostMs = Math.min(startToCloseTimeoutMs > 0 ? startToCloseTimeoutMs : Infinity, this.#leftMs());
    return (this.#deps.post ?? guardedPost)({
      url,
      headers: { ...client.callbackHeaders, ...this.#sign(client.callbackSecrets, body) },
      body,
      timeoutMs: Math.max(Math.min(attemptTimeoutMs, mostMs - BEFORE_THE_END_MS), 1),
      rules: { allowedDomains: client.allowedCallbackDomains, permitNetworks: this.#deps.permitNetworks },
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
    return { statusCode, attempts: this.#activity.info.attempt, deliveredAt, durationMs, address };
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
    const failure = toCallbackFailure(fault, next, this.#now());
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
    }
    return failure;
  }

  #plan(retryAfterMs: number | undefined): NextTry {
    const { retryDelaysMs, attemptTimeoutMs } = this.#input;
    const { attempt } = this.#activity.info;
    const random = (this.#deps.random ?? Math.random)();
    return planNextTry({ attempt, retryDelaysMs, attemptTimeoutMs, leftMs: this.#leftMs(), retryAfterMs, random });
  }

  /** Once for all attempts, also when the first one was lost with its worker. */
  async #announce(): Promise<void> {
    const details = this.#activity.info.heartbeatDetails as Partial<typeof ANNOUNCED> | null | undefined;
    if (details?.announced === true) return;
    try {
      await settleWithin(ANNOUNCE_MS, this.#deps.onFirstFailure(this.#input.runId));
      this.#deps.heartbeat.beat(ANNOUNCED);
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
    return { runId, client, host: this.#host, attempt: this.#activity.info.attempt };
  }
}

/** A try that never came to sending. Tried again by the schedule: another worker, or this one once it is mended, may do it. */
function ourFault(message: string): DeliveryFault {
  return { type: 'CallbackFailed', final: false, message, durationMs: 0 };
}
