import { ACTIVITY_ID } from '../../contract/activities.ts';
import { SIGNAL, WORKFLOW, type Workflows } from '../../contract/names.ts';
import type { Usage } from '../../contract/run.ts';
import { PAUSE_INFO, SEARCH_ATTRIBUTE } from '../../contract/search-attributes.ts';
import { isTerminal, type RunResource, type RunStatus } from '../../protocol/run-resource.ts';
import type { PendingActivity, RunFacts, RunHistory } from '../run-facts.ts';
import type { RunKind, RunLinks } from '../run-kind.ts';
import { toRunUrl } from '../run-url.ts';
import { redeliveryOptions } from './redelivery-options.ts';
import { startOptions } from './start-options.ts';
import { toAgentState } from './to-agent-state.ts';
import { toCallbackState } from './to-callback-state.ts';
import { agentRecord, toOutcome } from './to-outcome.ts';
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
  // The callback may be retried for days after the agent has answered: nobody waits for that. A run that was canceled before
  // its agent was asked has a callback alone.
  endsWait: (activities) =>
    activities.some(
      ({ activityId, state }) =>
        (activityId === ACTIVITY_ID.agent && state !== 'open') || activityId === ACTIVITY_ID.callback,
    ),
  isSettled: ({ terminal, callback }) => terminal && callback.status !== 'pending' && callback.status !== 'retrying',
  needsHistory: ({ workflow, pending }, historyLength) => {
    if (workflow !== 'open') return true;
    const agentIsOpen = pending.some(({ activityId }) => activityId === ACTIVITY_ID.agent);
    return !agentIsOpen && historyLength > EVENTS_BEFORE_THE_AGENT;
  },
  project,
  projectListed,
  cancel: (handle) => handle.cancel(),
  redeliveries: ({ history, redelivery }) =>
    Math.max(countDeliveries(history) - 1, 0) +
    Math.max((redelivery?.number ?? 0) - 1, 0) +
    countDeliveries(redelivery?.history),
  redeliver: (handle, request) => handle.signal(SIGNAL.redeliver, request),
  redeliverClosed: redeliveryOptions,
};

function countDeliveries(history: RunHistory | undefined): number {
  return history?.activities.filter(({ activityId }) => activityId === ACTIVITY_ID.callback).length ?? 0;
}

function project(facts: RunFacts, { publicUrl, temporalUi }: RunLinks): RunResource {
  const { runId, memo, createdAt } = facts;
  const pending = facts.pending.find(({ activityId }) => activityId === ACTIVITY_ID.agent);
  const agent = agentRecord(facts);
  const end = toOutcome(facts);
  const status: RunStatus = end?.status ?? openStatus(pending);
  const startedAt = pending?.lastStartedAt ?? agent?.startedAt;
  return {
    id: runId,
    workflow_id: runId,
    ...(memo.summary !== undefined && { summary: memo.summary }),
    status,
    terminal: isTerminal(status),
    ...(end?.output !== undefined && { output: end.output }),
    ...(end?.error && { error: end.error }),
    agent: toAgentState(memo.agent, pending, agent),
    ...(end?.usage && { usage: toUsage(end.usage) }),
    callback: toCallbackState(facts, end !== undefined),
    source: memo.source,
    ...(memo.sessionKey !== undefined && { session_key: memo.sessionKey }),
    ...(memo.userId !== undefined && { user_id: memo.userId }),
    ...(memo.deliveryId !== undefined && { delivery_id: memo.deliveryId }),
    ...(memo.metadata && { metadata: memo.metadata }),
    ...(createdAt !== undefined && { created_at: createdAt }),
    ...(memo.startsAt !== undefined && { starts_at: memo.startsAt }),
    ...(startedAt !== undefined && { started_at: startedAt }),
    ...(end?.finishedAt !== undefined && { finished_at: end.finishedAt }),
    links: {
      self: toRunUrl(runId, publicUrl),
      ...(temporalUi !== undefined && { temporal_ui: `${temporalUi}/workflows/${runId}` }),
    },
  };
}

/** A run waits for a worker, or for a permit of its agent: `queued`. From its first call on it is `running`, until an operator pauses it. */
function openStatus(pending: PendingActivity | undefined): RunStatus {
  if (pending === undefined) return 'queued';
  if (pending.paused) return 'paused';
  const waits = toRecord(pending.heartbeat)['queuedAtMs'] !== undefined;
  return !waits && (pending.running || pending.attempt > 1) ? 'running' : 'queued';
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
  if (workflow === 'open') {
    const isPaused = attributes[PAUSE_INFO.name]?.includes(PAUSE_INFO.agent) === true;
    return { ...run, status: isPaused ? 'paused' : 'running' };
  }
  const callback = run.callback.status === 'none' ? run.callback : { ...run.callback, status: 'delivered' as const };
  return { ...run, status: 'completed', terminal: true, callback };
}

function toUsage({ inputTokens, outputTokens, iterations }: Usage): RunResource['usage'] {
  return {
    ...(inputTokens !== undefined && { input_tokens: inputTokens }),
    ...(outputTokens !== undefined && { output_tokens: outputTokens }),
    ...(iterations !== undefined && { iterations }),
  };
}
