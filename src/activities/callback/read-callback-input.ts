import type { DeliverCallbackInput } from '../../contract/activities.ts';
import type { OutcomeStatus, RunOutcome, Usage } from '../../contract/run.ts';
import { isDeliveryId } from '../../signatures/scheme.ts';
import type { ReadInput } from '../read-agent-input.ts';
import { isRecord } from '../../values/is-record.ts';

const STATUSES: readonly string[] = ['completed', 'failed', 'timed_out', 'canceled'] satisfies OutcomeStatus[];
const USAGE = ['inputTokens', 'outputTokens', 'iterations'] as const satisfies readonly (keyof Usage)[];
const MAX_URL = 8192;
const MAX_DELAYS = 64;
const MAX_DELAY_MS = 365 * 86_400_000;

/**
 * Reads the input of `deliverCallback`, which may have been typed in the Temporal UI. Only known fields are taken over, so
 * that nothing else gets into the body. Whether the URL may be called is not judged here.
 */
export function readCallbackInput(value: unknown): ReadInput<DeliverCallbackInput> {
  if (!isRecord(value)) return bad('The input is not an object: see DeliverCallbackInput.');
  const { client, runId, url, deliveryId, outcome, retryDelaysMs, attemptTimeoutMs, diedBefore } = value;
  if (!isText(client)) return bad('client is missing or empty: name a configured client.');
  if (!isText(runId)) return bad('runId is missing or empty.');
  if (!isText(url) || url.length > MAX_URL) return bad(`url is no text of 1 to ${MAX_URL} characters.`);
  if (typeof deliveryId !== 'string' || !isDeliveryId(deliveryId)) {
    return bad('deliveryId is no id of 1 to 255 visible ASCII characters: the run id serves.');
  }
  if (!isDuration(attemptTimeoutMs) || attemptTimeoutMs === 0) return bad('attemptTimeoutMs is not a positive number.');
  if (!Array.isArray(retryDelaysMs) || retryDelaysMs.length > MAX_DELAYS || !retryDelaysMs.every(isDuration)) {
    return bad(`retryDelaysMs is not a list of at most ${MAX_DELAYS} numbers from 0.`);
  }
  const read = readOutcome(outcome);
  if (!read.ok) return read;
  const known = { client, runId, url, deliveryId, outcome: read.input, retryDelaysMs, attemptTimeoutMs };
  return { ok: true, input: { ...known, ...(diedBefore === true && { diedBefore }) } };
}

function readOutcome(value: unknown): ReadInput<RunOutcome> {
  if (!isRecord(value)) return bad('outcome is missing.');
  const { status, output, error, usage, sessionKey, finishedAt } = value;
  if (typeof status !== 'string' || !STATUSES.includes(status)) {
    return bad(`outcome.status is none of ${STATUSES.join(', ')}.`);
  }
  if (typeof finishedAt !== 'string' || Number.isNaN(Date.parse(finishedAt))) {
    return bad('outcome.finishedAt is no time: write it as 2026-01-31T12:00:00.000Z.');
  }
  if (!isAbsentOr('string', output)) return bad('outcome.output is not a text: leave it out or correct it.');
  if (!isAbsentOr('string', sessionKey)) return bad('outcome.sessionKey is not a text: leave it out or correct it.');
  if (error !== undefined && !(isRecord(error) && isText(error['code']) && typeof error['message'] === 'string')) {
    return bad('outcome.error is not of the form {"code", "message"}.');
  }
  if (usage !== undefined && !(isRecord(usage) && USAGE.every((name) => isAbsentOr('number', usage[name])))) {
    return bad(`outcome.usage holds something else than the numbers ${USAGE.join(', ')}.`);
  }
  return { ok: true, input: toOutcome(value as unknown as RunOutcome) };
}

/** The known fields of an outcome that has passed. */
function toOutcome({ status, output, error, usage, sessionKey, finishedAt }: RunOutcome): RunOutcome {
  return {
    status,
    ...(output !== undefined && { output }),
    ...(error !== undefined && { error: { code: error.code, message: error.message } }),
    ...(usage !== undefined && {
      usage: Object.fromEntries(USAGE.flatMap((name) => (usage[name] === undefined ? [] : [[name, usage[name]]]))),
    }),
    ...(sessionKey !== undefined && { sessionKey }),
    finishedAt,
  };
}

function bad(problem: string): ReadInput<never> {
  return { ok: false, problem };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isAbsentOr(type: 'string' | 'number', value: unknown): boolean {
  return value === undefined || typeof value === type;
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_DELAY_MS;
}
