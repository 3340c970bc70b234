import { ACTIVITY_ID, ACTIVITY_TYPE } from '../../contract/activities.ts';
import { judgeAnswer } from '../../contract/judge-answer.ts';
import { judgeFailure } from '../../contract/judge-failure.ts';
import { QUESTION_ACTIVITIES } from '../../contract/question-activities.ts';
import type { RunResource, StepStatus } from '../../protocol/run-resource.ts';
import { toRecord } from '../../values/is-record.ts';
import { ellipsize } from '../../values/plain-text.ts';
import type { ActivityRecord, PendingActivity, RunFacts } from '../run-facts.ts';
import { toAgentState } from './to-agent-state.ts';

type Step = NonNullable<RunResource['steps']>[number];

/** The latest steps that are told, and the characters of the output of each: a poll must not carry a whole history. */
const MOST_STEPS = 100;
const MAX_OUTPUT = 10_000;

/** Activities by which the run itself is done, by their IDs and by their types. */
const OURS: readonly string[] = [ACTIVITY_ID.callback, ACTIVITY_ID.deadLetter];
const OF_OURS: readonly string[] = ['askForTurn', 'watchRun', ...QUESTION_ACTIVITIES];

/** The activities that a workflow of a team has scheduled, in their order. */
export function toSteps({ history, pending }: Pick<RunFacts, 'history' | 'pending'>): Step[] {
  const steps = (history?.activities ?? []).filter(
    ({ activityId, type = '' }) => !OURS.includes(activityId) && !OF_OURS.includes(type),
  );
  return steps.slice(-MOST_STEPS).map((step) =>
    toStep(
      step,
      pending.find(({ activityId }) => step.state === 'open' && activityId === step.activityId),
    ),
  );
}

function toStep(record: ActivityRecord, pending: PendingActivity | undefined): Step {
  const { activityId: id, state, endedAt } = record;
  const startedAt = pending?.lastStartedAt ?? record.startedAt;
  const times = {
    ...(startedAt !== undefined && { started_at: startedAt }),
    ...(endedAt !== undefined && { finished_at: endedAt }),
  };
  const { agent } = toRecord(record.input);
  if (record.type !== ACTIVITY_TYPE.agent || typeof agent !== 'string') {
    const attempt = pending?.attempt ?? record.attempt;
    return { id, status: toStatus(state, pending), ...(attempt !== undefined && { attempt }), ...times };
  }
  const { attempt } = toAgentState(agent, pending, record) ?? {};
  const answer = state === 'completed' ? judgeAnswer(record.result) : undefined;
  const failed = answer?.status === 'completed' ? undefined : (answer ?? failureOf(record));
  return {
    id,
    status: failed === undefined ? toStatus(state, pending) : failed.status,
    agent,
    ...(attempt !== undefined && { attempt }),
    ...times,
    ...(answer?.status === 'completed' && { output: ellipsize(answer.output, MAX_OUTPUT) }),
    ...(failed && { error: failed.error }),
  };
}

function failureOf({ state, failure }: ActivityRecord): ReturnType<typeof judgeFailure> | undefined {
  return state === 'failed' ? judgeFailure(failure) : undefined;
}

/** A step waits for a worker, or for a permit of its agent: `queued`. */
function toStatus(state: ActivityRecord['state'], pending: PendingActivity | undefined): StepStatus {
  if (state !== 'open') return state;
  if (pending === undefined) return 'queued';
  if (pending.paused) return 'paused';
  const waits = toRecord(pending.heartbeat)['queuedAtMs'] !== undefined;
  return !waits && (pending.running || pending.attempt > 1) ? 'running' : 'queued';
}
