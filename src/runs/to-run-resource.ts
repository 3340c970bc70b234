import { ACTIVITY_ID } from '../contract/activities.ts';
import { judgeFailure } from '../contract/judge-failure.ts';
import type { AgentAnswer, RunMemo } from '../contract/run.ts';
import { isTerminal, type RunResource, type RunStatus } from '../protocol/run-resource.ts';
import { countCalls } from './count-calls.ts';
import { toCallbackState } from './to-callback-state.ts';
import type { PendingActivity } from './read-pending-activity.ts';
import type { RunEvents } from './read-run-events.ts';

/** How the workflow stands: open, or closed in one of Temporal's ways. */
export type WorkflowState = 'open' | 'completed' | 'failed' | 'canceled' | 'terminated' | 'timed_out';

/** All that is known of a run. */
export interface RunFacts {
  readonly runId: string;
  readonly memo: RunMemo;
  readonly workflow: WorkflowState;
  readonly createdAt?: string;
  readonly closedAt?: string;
  readonly pending: readonly PendingActivity[];
  /** Absent where the history was not needed. */
  readonly events?: RunEvents;
}

/** Where links lead. */
export interface RunLinks {
  /** Base of the Temporal UI with its namespace, such as `http://localhost:8233/namespaces/default`. */
  readonly temporalUi?: string;
}

/** The run as its caller sees it. Pure: the same facts give the same resource. */
export function toRunResource(facts: RunFacts, links: RunLinks): RunResource {
  const { runId, memo, events, pending, createdAt } = facts;
  const end = toEnd(facts);
  const agent = pending.find(({ activityId }) => activityId === ACTIVITY_ID.agent);
  const status: RunStatus =
    end?.status ?? (agent !== undefined && (agent.running || agent.attempt > 1) ? 'running' : 'queued');
  const startedAt = agent?.lastStartedAt ?? events?.agent?.startedAt;
  const usage = end?.answer?.usage;
  return {
    id: runId,
    workflow_id: runId,
    status,
    terminal: isTerminal(status),
    ...(end?.answer && { output: end.answer.output }),
    ...(end?.error && { error: end.error }),
    agent: toAgent(memo.agent, agent, events),
    ...(usage && {
      usage: {
        ...(usage.inputTokens !== undefined && { input_tokens: usage.inputTokens }),
        ...(usage.outputTokens !== undefined && { output_tokens: usage.outputTokens }),
        ...(usage.iterations !== undefined && { iterations: usage.iterations }),
      },
    }),
    callback: toCallbackState(facts, end !== undefined),
    source: memo.source,
    ...(memo.sessionKey !== undefined && { session_key: memo.sessionKey }),
    ...(memo.userId !== undefined && { user_id: memo.userId }),
    ...(createdAt !== undefined && { created_at: createdAt }),
    ...(startedAt !== undefined && { started_at: startedAt }),
    ...(end?.at !== undefined && { finished_at: end.at }),
    links: toLinks(runId, links),
  };
}

function toLinks(runId: string, { temporalUi }: RunLinks): RunResource['links'] {
  return {
    self: `/v1/runs/${runId}`,
    ...(temporalUi !== undefined && { temporal_ui: `${temporalUi}/workflows/${runId}` }),
  };
}

interface RunEnd {
  readonly status: RunStatus;
  readonly answer?: AgentAnswer;
  readonly error?: RunResource['error'];
  readonly at?: string;
}

/** How the run ended for its caller; undefined while it has not. What the agent did decides, not the workflow. */
function toEnd({ events, workflow, closedAt }: RunFacts): RunEnd | undefined {
  const agent = events?.agent;
  const at = agent?.endedAt ?? closedAt;
  const when = at === undefined ? {} : { at };
  if (agent?.state === 'completed') return { status: 'completed', answer: toAnswer(agent.result), ...when };
  if (agent?.state === 'failed') return { ...judgeFailure(agent.failure), ...when };
  if (agent?.state === 'canceled') return { ...CANCELED, ...when };
  switch (workflow) {
    case 'open':
      return undefined;
    case 'canceled':
      return { ...CANCELED, ...when };
    case 'terminated':
      return { status: 'canceled', error: { code: 'Canceled', message: 'An operator ended the run.' }, ...when };
    case 'timed_out':
      return { status: 'timed_out', error: { code: 'RunTimeout', message: 'The time of the run is up.' }, ...when };
    default:
      return { ...judgeFailure(events?.failure), ...when };
  }
}

const CANCELED: RunEnd = { status: 'canceled', error: { code: 'Canceled', message: 'The run was canceled.' } };

function toAnswer(result: unknown): AgentAnswer {
  const { output, usage } = (typeof result === 'object' && result !== null ? result : {}) as Partial<AgentAnswer>;
  return { output: typeof output === 'string' ? output : '', ...(usage && { usage }) };
}

function toAgent(
  name: string,
  pending: PendingActivity | undefined,
  events: RunEvents | undefined,
): RunResource['agent'] {
  const ended = pending === undefined && events?.agent !== undefined ? countCalls(events.agent) : {};
  const attempt = pending?.progress?.paidAttempts ?? pending?.attempt ?? ended.calls;
  const lastError = pending?.lastFailure === undefined ? undefined : judgeFailure(pending.lastFailure).error.message;
  const { maxAttempts = ended.maxCalls, progress } = pending?.progress ?? {};
  return {
    name,
    ...(attempt !== undefined && { attempt }),
    ...(maxAttempts !== undefined && { max_attempts: maxAttempts }),
    ...(lastError !== undefined && { last_error: lastError }),
    ...(pending?.nextAttemptAt !== undefined && pending.attempt > 1 && { next_attempt_at: pending.nextAttemptAt }),
    ...(pending?.running === true && progress !== undefined && { progress }),
  };
}
