import { ACTIVITY_ID } from '../../contract/activities.ts';
import { SIGNAL } from '../../contract/names.ts';
import type { RunMemo } from '../../contract/run.ts';
import { PAUSE_INFO, SEARCH_ATTRIBUTE } from '../../contract/search-attributes.ts';
import type { QuestionResource } from '../../protocol/question-resource.ts';
import type { RunResource, RunStatus } from '../../protocol/run-resource.ts';
import type { PendingActivity, RunFacts, RunHistory } from '../run-facts.ts';
import type { RunKind, RunLinks } from '../run-kind.ts';
import { redeliveryOptions } from './redelivery-options.ts';
import { toAgentState } from './to-agent-state.ts';
import { agentRecord, toOutcome } from './to-outcome.ts';
import { toResource } from './to-resource.ts';
import { toRecord } from '../../values/is-record.ts';

/** Up to here a run can't have more than its start and its first workflow task. */
const EVENTS_BEFORE_THE_AGENT = 4;

/**
 * A run is one workflow `agentRun`, whose workflow ID is the run id. Its activity `agent` calls the agent, then its activity
 * `callback` delivers the outcome; a redelivery schedules `callback` once more.
 */
export const agentRun: RunKind = {
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
  projectListed: (listed, links) => projectListed(listed, links),
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

function project(facts: RunFacts, links: RunLinks): RunResource {
  const pending = facts.pending.find(({ activityId }) => activityId === ACTIVITY_ID.agent);
  const agent = agentRecord(facts);
  return toResource(facts, links, {
    agent: toAgentState(facts.memo.agent ?? '', pending, agent),
    end: toOutcome(facts),
    open: openStatus(pending, facts.memo),
    startedAt: pending?.lastStartedAt ?? agent?.startedAt,
  });
}

/**
 * A run waits for its turn, for a worker, or for a permit of its agent: `queued`. From its first call on, or from that of the run that
 * collected it, it is `running`, until an operator pauses it.
 */
function openStatus(pending: PendingActivity | undefined, { collectedInto }: RunMemo): RunStatus {
  if (typeof collectedInto === 'string') return 'running';
  if (pending === undefined) return 'queued';
  if (pending.paused) return 'paused';
  const waits = toRecord(pending.heartbeat)['queuedAtMs'] !== undefined;
  return !waits && (pending.running || pending.attempt > 1) ? 'running' : 'queued';
}

/** A list has many runs, and what a question is about may be long. */
function withoutShow(question: QuestionResource): QuestionResource {
  const { show: _, ...listed } = question;
  return listed;
}

/**
 * The list is enough for a run that is under way, and for one that closed as completed: it was answered, and its callback,
 * if any, was delivered. How any other run ended, and where a callback that was marked stands, only the history tells.
 */
export function projectListed(
  listed: RunFacts,
  links: RunLinks,
  projectOpen: RunKind['project'] = project,
): RunResource | undefined {
  const { workflow, attributes } = listed;
  const isMarked = attributes[SEARCH_ATTRIBUTE.callback]?.[0] !== undefined;
  if (workflow === 'open' ? isMarked : workflow !== 'completed') return undefined;
  const { closedAt: _, ...open } = listed;
  const run = projectOpen({ ...open, workflow: 'open' }, links);
  if (workflow === 'open') {
    const isPaused = attributes[PAUSE_INFO.name]?.includes(PAUSE_INFO.agent) === true;
    const status = run.status === 'input_required' ? run.status : isPaused ? 'paused' : 'running';
    return { ...run, status, ...(run.questions && { questions: run.questions.map(withoutShow) }) };
  }
  const callback = run.callback.status === 'none' ? run.callback : { ...run.callback, status: 'delivered' as const };
  return { ...run, status: 'completed', terminal: true, callback };
}
