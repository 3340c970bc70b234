import { Context } from '@temporalio/activity';
import { DEFERRED, type FirstTry } from '../../contract/first-try.ts';
import { EgressError } from '../../egress/egress-error.ts';
import { NO_TRACING } from '../../telemetry/tracing.ts';
import { within } from '../../timing/within.ts';
import { acceptDelivery, warnWithheld } from './accept-delivery.ts';
import type { CallbackAttemptDeps } from './callback-attempt.ts';
import type { PreparedClient } from './callback-client.ts';
import { type CallbackFault, judgeAnswer, judgeEgressError } from './callback-fault.ts';
import { CallbackRequest, type KnownOutcome, type RequestEnd, toDelivery } from './callback-request.ts';
import { type TryKey, tryKeyOf } from './first-tries.ts';

/** How long a first try may keep its workflow task waiting. */
const LONGEST_MS = 1000;

type TryDeps = Omit<CallbackAttemptDeps, 'heartbeat'>;

/**
 * Sends a callback within the workflow task that the answer of its agent brings, and waits for its end for a second: only to a host that
 * has answered quickly, because the workflow tasks of others wait meanwhile. A request that takes longer goes on, and the first attempt of
 * `deliverCallback` takes it over. A worker that shuts down gets no such attempt any more, so it waits for the end here. The same
 * workflow task again, in this process or after a crash, sends nothing once the request has ended, and the same body if it has not.
 *
 * @param client undefined when it is not configured
 */
export async function tryCallback(
  deps: TryDeps,
  given: KnownOutcome,
  client: PreparedClient | undefined,
): Promise<FirstTry> {
  const { hosts, firstTries, isDraining = () => false, graceMs = given.attemptTimeoutMs + LONGEST_MS } = deps;
  const key = tryKeyOf(Context.current().info, given);
  const known = firstTries.find(key) ?? DEFERRED;
  if (known.is !== 'deferred') return known;
  const { finishedAt = given.outcome.finishedAt } = known;
  const input = { ...given, outcome: { ...given.outcome, finishedAt } };
  const request = firstTries.take(key) ?? send(deps, input, client, key);
  if (request === undefined) return known;
  const soon = await within(LONGEST_MS, request.ended, () => undefined);
  if (soon === undefined) hosts.noteSlow(authorityOf(input));
  const end = soon ?? (isDraining() ? await endInGrace(request, graceMs) : undefined);
  const told = end && toFirstTry(deps, input, end);
  if (told === undefined) {
    firstTries.handOver(key, request);
    return { is: 'deferred', finishedAt };
  }
  await firstTries.keep(key, told);
  return told;
}

/** Temporal's SDK cancels no local activity when the grace of its worker is over. */
async function endInGrace(request: CallbackRequest, graceMs: number): Promise<RequestEnd> {
  return within(Math.max(graceMs - LONGEST_MS, 0), request.ended, () => {
    request.abort(new Error('The worker is shutting down.'));
    return request.ended;
  });
}

/** @returns undefined when it is not the time for a first try */
function send(
  deps: TryDeps,
  input: KnownOutcome,
  client: PreparedClient | undefined,
  key: TryKey,
): CallbackRequest | undefined {
  if (client === undefined || deps.isDraining?.() === true) return undefined;
  const leave = deps.firstTries.enter();
  const permit = leave && deps.hosts.tryAtOnce(authorityOf(input));
  if (leave === undefined || permit === undefined) {
    leave?.();
    return undefined;
  }
  deps.firstTries.begin(key, input.outcome.finishedAt);
  const request = new CallbackRequest(deps, toDelivery(input), { client, permit, timeoutMs: input.attemptTimeoutMs });
  void within(LONGEST_MS, request.ended, () => undefined).then(leave);
  return request;
}

/** @returns undefined where nothing reached the receiver: the attempt that follows judges that */
function toFirstTry(deps: TryDeps, input: KnownOutcome, end: RequestEnd): FirstTry | undefined {
  const { logger, tracing = NO_TRACING, stopStatuses, now = Date.now } = deps;
  const { client, runId: run_id, url } = input;
  const host = new URL(url).hostname;
  const traceId = tracing.traceId();
  const labels = { run_id, client, host, attempt: 1, ...(traceId !== undefined && { trace_id: traceId }) };
  const failed = ({ errorClass, retryAfter, address, ...fault }: CallbackFault): FirstTry | undefined =>
    errorClass === undefined || errorClass === 'refused_by_policy'
      ? undefined
      : {
          is: 'failed',
          finishedAt: input.outcome.finishedAt,
          tried: {
            ...{ ...fault, errorClass, at: now() },
            ...(retryAfter !== undefined && { retryAfter }),
            ...(address !== undefined && { address }),
          },
        };
  if ('error' in end) return end.error instanceof EgressError ? failed(judgeEgressError(end.error)) : undefined;
  const fault = judgeAnswer(host, end.answer, stopStatuses);
  if (fault !== undefined) {
    if (end.answer.withheld === true) warnWithheld(logger, labels);
    return failed(fault);
  }
  const { tried: _, outcome, ...delivery } = input;
  // The answer is in the history already, as the result of the run.
  const { output: _output, data: _data, ...told } = outcome;
  return {
    is: 'delivered',
    receipt: acceptDelivery(deps, end.answer, labels),
    delivery: { ...delivery, outcome: outcome.status === 'completed' ? told : outcome },
  };
}

function authorityOf({ url }: KnownOutcome): string {
  return URL.canParse(url) ? new URL(url).host : '';
}
