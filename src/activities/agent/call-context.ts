import type { Info } from '@temporalio/activity';
import { type AgentContext, AgentError, type AgentLogger } from '../../agents/agent.ts';
import type { RunAgentInput } from '../../contract/activities.ts';
import type { AgentPolicy } from '../../contract/agent-policy.ts';
import type { ActivityLogger } from '../activity.ts';
import { sessionKeyOf } from '../session/session-key.ts';
import { inWords } from '../admission/take-turn.ts';

/** A task with its whole policy. */
export interface AgentTask extends RunAgentInput {
  readonly policy: AgentPolicy;
  /** What the agent is told of the session. */
  readonly history?: AgentContext['history'] & {};
}

/** What of the context depends on the call itself. */
export type CallParts = Pick<
  AgentContext,
  'call' | 'timeoutMs' | 'budget' | 'signal' | 'report' | 'reportText' | 'checkpoint'
> &
  Partial<Pick<AgentContext, 'resumed'>>;

/** The context of one call. */
export function toContext(input: AgentTask, info: Info, logger: ActivityLogger, parts: CallParts): AgentContext {
  const { task, policy, agent } = input;
  const runId = info.workflowExecution?.workflowId ?? info.activityId;
  return {
    runId,
    ...(info.workflowExecution && {
      step: { activityId: info.activityId, executionId: info.workflowExecution.runId },
    }),
    sessionKey: sessionKeyOf(input, info),
    ...(task.userId !== undefined && { userId: task.userId }),
    ...(task.userName !== undefined && { userName: task.userName }),
    ...(task.metadata !== undefined && { metadata: task.metadata }),
    maxAnswerBytes: policy.maxAnswerBytes,
    deadline: new Date(Date.now() + Math.min(parts.timeoutMs, MAX_AHEAD_MS)),
    logger: bind(logger, { run_id: runId, agent }),
    ...(input.history && { history: input.history }),
    ...parts,
  };
}

/** Far beyond any timeout, and still a date. */
const MAX_AHEAD_MS = 1000 * 365 * 86_400_000;

function bind(logger: ActivityLogger, labels: { readonly run_id: string; readonly agent: string }): AgentLogger {
  return {
    info: (fields, message) => logger.info({ ...fields, ...labels }, message),
    warn: (fields, message) => logger.warn({ ...fields, ...labels }, message),
    error: (fields, message) => logger.error({ ...fields, ...labels }, message),
  };
}

/** An attempt ends this long before Temporal's timeout, so that its failure says more than "timeout". */
const BEFORE_THE_END_MS = 500;
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * How long a call may take: within the policy, the total timeout, and the timeout of an attempt that the workflow's code set.
 *
 * @param left what is left of the total timeout, and of the attempt's own, in milliseconds
 */
export function callTimeout(
  { attemptTimeoutMs }: AgentPolicy,
  { startToCloseTimeoutMs: setMs }: Pick<Info, 'startToCloseTimeoutMs'>,
  left: { readonly totalMs: number; readonly attemptMs: number },
): { readonly timeoutMs: number; readonly late: AgentError } {
  const ownMs = Math.min(attemptTimeoutMs, left.totalMs - BEFORE_THE_END_MS);
  const attemptMs = left.attemptMs - Math.min(BEFORE_THE_END_MS, setMs / 10);
  const timeoutMs = Math.min(ownMs, attemptMs);
  const fix = `The activity's startToCloseTimeout of ${inWords(setMs)} ended the call: raise it, or leave it out.`;
  const late = `did not answer within ${inWords(timeoutMs)}`;
  return { timeoutMs, late: new AgentError('AgentTimeout', late, attemptMs < ownMs ? { fix } : {}) };
}

/** A signal that aborts with a reason when the time is up. */
export function startClock(ms: number, reason: Error): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason), Math.min(Math.max(ms, 0), MAX_TIMER_MS));
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}
