import { type AgentProgress, type PostedProgress, readAgentProgress } from '../../contract/activities.ts';
import { judgeFailure } from '../../contract/judge-failure.ts';
import type { PartialText, RunResource } from '../../protocol/run-resource.ts';
import type { ActivityRecord, PendingActivity } from '../run-facts.ts';
import { isRecord, toRecord } from '../../values/is-record.ts';

/**
 * What the agent of a run is at, or came to.
 *
 * @param pending its activity while that is open
 * @param record its activity as the history tells it, where that was read
 */
export function toAgentState(
  name: string,
  pending: PendingActivity | undefined,
  record: ActivityRecord | undefined,
): RunResource['agent'] {
  const heartbeat = readProgress(pending?.heartbeat);
  const ended = pending === undefined && record !== undefined ? countCalls(record) : {};
  const attempt = heartbeat?.paidAttempts ?? pending?.attempt ?? ended.calls;
  const lastError = pending?.lastFailure === undefined ? undefined : judgeFailure(pending.lastFailure).error.message;
  const { maxAttempts = ended.maxCalls } = heartbeat ?? {};
  const posted = readPosted(pending?.heartbeat);
  const progress = posted?.progress ?? heartbeat?.progress;
  const text = readText(posted) ?? readText(pending?.heartbeat);
  return {
    name,
    ...(attempt !== undefined && { attempt }),
    ...(maxAttempts !== undefined && { max_attempts: maxAttempts }),
    ...(lastError !== undefined && { last_error: lastError }),
    ...(pending?.nextAttemptAt !== undefined && pending.attempt > 1 && { next_attempt_at: pending.nextAttemptAt }),
    ...(pending?.running === true && progress !== undefined && { progress }),
    ...(pending?.running === true && text !== undefined && { text }),
  };
}

function readProgress(value: unknown): Partial<AgentProgress> | undefined {
  if (!isRecord(value)) return undefined;
  const { paidAttempts, maxAttempts, progress } = value;
  const fits =
    isOptional(paidAttempts, 'number') && isOptional(maxAttempts, 'number') && isOptional(progress, 'string');
  return fits ? value : undefined;
}

/** What the agent posted of the call under way. */
function readPosted(heartbeat: unknown): PostedProgress | undefined {
  const { paidAttempts, posted } = readAgentProgress(heartbeat, 0);
  return posted?.call === paidAttempts ? posted : undefined;
}

function readText(heartbeat: unknown): PartialText | undefined {
  const { offset, text } = toRecord(toRecord(heartbeat)['text']);
  return Number.isSafeInteger(offset) && typeof text === 'string' ? { offset: Number(offset), text } : undefined;
}

function isOptional(value: unknown, type: 'number' | 'string'): boolean {
  return value === undefined || typeof value === type;
}

/** Calls of the agent that may have cost money, and how many there may be. */
export interface CallCount {
  readonly calls?: number;
  readonly maxCalls?: number;
}

/**
 * Counts the paid calls of an agent that has ended. Temporal's own number of attempts counts the agent's faults and
 * lost workers too, so it is the last resort; what the last failure says of the calls comes first.
 */
export function countCalls({ state, attempt, input, failure, earlierFailure }: ActivityRecord): CallCount {
  if (attempt === undefined) return {};
  const maxCalls = readCounts(failure).maxAttempts ?? readLimit(input);
  const calls = state === 'failed' ? readCounts(failure).paidAttempts : afterFailure(earlierFailure);
  const known = calls ?? Math.min(attempt, maxCalls ?? attempt);
  return { calls: known, ...(maxCalls !== undefined && { maxCalls }) };
}

/** The attempt that came after this failure was one more call; without a failure it was the first. */
function afterFailure(failure: Error | undefined): number | undefined {
  if (failure === undefined) return 1;
  const { paidAttempts } = readCounts(failure);
  return paidAttempts === undefined ? undefined : paidAttempts + 1;
}

type Counts = Partial<Pick<AgentProgress, 'paidAttempts' | 'maxAttempts'>>;

/** From the details of `runAgent`'s own failures, or from the last heartbeat of an attempt that timed out. */
function readCounts(failure: unknown): Counts {
  if (!isRecord(failure)) return {};
  const { details, lastHeartbeatDetails, cause } = failure;
  const known: unknown = (Array.isArray(details) ? (details as unknown[])[0] : undefined) ?? lastHeartbeatDetails;
  if (!isRecord(known)) return readCounts(cause);
  const { paidAttempts, maxAttempts } = known;
  return {
    ...(Number.isSafeInteger(paidAttempts) && { paidAttempts: Number(paidAttempts) }),
    ...(Number.isSafeInteger(maxAttempts) && { maxAttempts: Number(maxAttempts) }),
  };
}

function readLimit(input: unknown): number | undefined {
  const limit = (input as { policy?: { maxAttempts?: unknown } } | null | undefined)?.policy?.maxAttempts;
  return Number.isSafeInteger(limit) ? Number(limit) : undefined;
}
