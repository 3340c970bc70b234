import { ACTIVITY_ID } from '../../contract/activities.ts';
import { judgeFailure } from '../../contract/judge-failure.ts';
import { SIGNAL, WORKFLOW, type Workflows } from '../../contract/names.ts';
import type { AgentAnswer, Usage } from '../../contract/run.ts';
import { SEARCH_ATTRIBUTE } from '../../contract/search-attributes.ts';
import { isTerminal, type RunResource, type RunStatus } from '../../protocol/run-resource.ts';
import type { ActivityRecord, RunFacts } from '../run-facts.ts';
import type { RunKind, RunLinks } from '../run-kind.ts';
import { startOptions } from './start-options.ts';
import { toAgentState } from './to-agent-state.ts';
import { toCallbackState } from './to-callback-state.ts';
import { toRecord } from '../../values/is-record.ts';

/** Up to here a run can't have more than its start and its first workflow task. */
const EVENTS_BEFORE_THE_AGENT = 4;

/**
 * A run is one workflow `agentRun`, whose workflow ID is the run id. Its activity `agent` calls the agent, then its activity
 * `callback` delivers the outcome; a redelivery schedules `callback` once more.
 */
export const agentRun: RunKind<'agentRun', Workflows['agentRun']> = {
  workflowType: WORKFLOW.agentRun,
  startOptions,
  // The callback may be retried for days after the agent has answered: nobody waits for that.
  endsWait: (activities) =>
    activities.some(({ activityId, state }) => activityId === ACTIVITY_ID.agent && state !== 'open'),
  isSettled: ({ terminal, callback }) => terminal && callback.status !== 'pending' && callback.status !== 'retrying',
  needsHistory: ({ workflow, pending }, historyLength) => {
    if (workflow !== 'open') return true;
    const agentIsOpen = pending.some(({ activityId }) => activityId === ACTIVITY_ID.agent);
    return !agentIsOpen && historyLength > EVENTS_BEFORE_THE_AGENT;
  },
  project,
  projectListed,
  cancel: (handle) => handle.cancel(),
  redeliver: (handle, request) => handle.signal(SIGNAL.redeliver, request),
};

function project(facts: RunFacts, { temporalUi }: RunLinks): RunResource {
  const { runId, memo, createdAt } = facts;
  const pending = facts.pending.find(({ activityId }) => activityId === ACTIVITY_ID.agent);
  const agent = agentRecord(facts);
  const end = toEnd(facts);
  const begun = pending !== undefined && (pending.running || pending.attempt > 1);
  const status: RunStatus = end?.status ?? (begun ? 'running' : 'queued');
  const startedAt = pending?.lastStartedAt ?? agent?.startedAt;
  return {
    id: runId,
    workflow_id: runId,
    status,
    terminal: isTerminal(status),
    ...(end?.answer && { output: end.answer.output }),
    ...(end?.error && { error: end.error }),
    agent: toAgentState(memo.agent, pending, agent),
    ...(end?.answer?.usage && { usage: toUsage(end.answer.usage) }),
    callback: toCallbackState(facts, end !== undefined),
    source: memo.source,
    ...(memo.sessionKey !== undefined && { session_key: memo.sessionKey }),
    ...(memo.userId !== undefined && { user_id: memo.userId }),
    ...(createdAt !== undefined && { created_at: createdAt }),
    ...(startedAt !== undefined && { started_at: startedAt }),
    ...(end?.at !== undefined && { finished_at: end.at }),
    links: {
      self: `/v1/runs/${runId}`,
      ...(temporalUi !== undefined && { temporal_ui: `${temporalUi}/workflows/${runId}` }),
    },
  };
}

/**
 * The list is enough for a run that is under way, and for one that closed as completed: it was answered, and its callback,
 * if any, was delivered. How any other run ended, and where a callback that was marked stands, only the history tells.
 */
function projectListed(listed: RunFacts, links: RunLinks): RunResource | undefined {
  const { workflow, attributes } = listed;
  const isMarked = attributes[SEARCH_ATTRIBUTE.callback]?.[0] !== undefined;
  if (workflow === 'open' ? isMarked : workflow !== 'completed') return undefined;
  const { closedAt: _, ...open } = listed;
  const run = project({ ...open, workflow: 'open' }, links);
  if (workflow === 'open') return { ...run, status: 'running' };
  const callback = run.callback.status === 'none' ? run.callback : { ...run.callback, status: 'delivered' as const };
  return { ...run, status: 'completed', terminal: true, callback };
}

interface RunEnd {
  readonly status: RunStatus;
  readonly answer?: AgentAnswer;
  readonly error?: RunResource['error'];
  readonly at?: string;
}

const CANCELED: RunEnd = { status: 'canceled', error: { code: 'Canceled', message: 'The run was canceled.' } };

/** How the run ended for its caller; undefined while it has not. What the agent did decides, not the workflow. */
function toEnd(facts: RunFacts): RunEnd | undefined {
  const { history, workflow, closedAt } = facts;
  const agent = agentRecord(facts);
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
      return { status: 'canceled', error: { code: 'Canceled', message: 'An operator terminated the run.' }, ...when };
    case 'timed_out':
      return { status: 'timed_out', error: { code: 'RunTimeout', message: 'The run timed out.' }, ...when };
    default:
      return { ...judgeFailure(history?.failure), ...when };
  }
}

function agentRecord({ history }: RunFacts): ActivityRecord | undefined {
  return history?.activities.findLast(({ activityId }) => activityId === ACTIVITY_ID.agent);
}

function toAnswer(result: unknown): AgentAnswer {
  const { output, usage } = toRecord(result) as Partial<AgentAnswer>;
  return { output: typeof output === 'string' ? output : '', ...(usage && { usage }) };
}

function toUsage({ inputTokens, outputTokens, iterations }: Usage): RunResource['usage'] {
  return {
    ...(inputTokens !== undefined && { input_tokens: inputTokens }),
    ...(outputTokens !== undefined && { output_tokens: outputTokens }),
    ...(iterations !== undefined && { iterations }),
  };
}
