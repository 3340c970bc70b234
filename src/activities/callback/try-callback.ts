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
import { tryKeyOf } from './first-tries.ts';

/** How long a first try may keep its workflow task waiting. */
const LONGEST_MS = 1000;

type TryDeps = Omit<CallbackAttemptDeps, 'heartbeat'>;

/**
 * Sends a callback within the workflow task that the answer of its agent brings, and waits for its end for a second: only to a host that
 * has answered quickly, because the workflow tasks of others wait meanwhile. A request that takes longer goes on, and the first attempt of
 * `deliverCallback` takes it over. The same workflow task again, in this process or after a crash, sends nothing.
 *
 * @param client undefined when it is not configured
 */
export async function tryCallback(
  deps: TryDeps,
  input: KnownOutcome,
  client: PreparedClient | undefined,
): Promise<FirstTry> {
  const { hosts, firstTries } = deps;
  const key = tryKeyOf(Context.current().info, input);
  const known = firstTries.find(key);
  if (known !== undefined) return known;
  const request = firstTries.take(key) ?? send(deps, input, client);
  if (request === undefined) return DEFERRED;
  const end = await within(LONGEST_MS, request.ended, () => undefined);
  if (end === undefined) hosts.noteSlow(authorityOf(input));
  const told = end && toFirstTry(deps, input, end);
  if (told === undefined) {
    firstTries.handOver(key, request);
    return DEFERRED;
  }
  await firstTries.keep(key, told);
  return told;
}

/** @returns undefined when it is not the time for a first try */
function send(deps: TryDeps, input: KnownOutcome, client: PreparedClient | undefined): CallbackRequest | undefined {
  if (client === undefined || deps.isDraining?.() === true) return undefined;
  const leave = deps.firstTries.enter();
  const permit = leave && deps.hosts.tryAtOnce(authorityOf(input));
  if (leave === undefined || permit === undefined) {
    leave?.();
    return undefined;
  }
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
