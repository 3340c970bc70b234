import { ACTIVITY_ID } from '../../contract/activities.ts';
import { judgeAnswer } from '../../contract/judge-answer.ts';
import { judgeFailure } from '../../contract/judge-failure.ts';
import { RUN_OUTCOME, type RunOutcome } from '../../contract/run.ts';
import { readStored } from '../../contract/stored.ts';
import { toRecord } from '../../values/is-record.ts';
import type { ActivityRecord, RunFacts } from '../run-facts.ts';

/** How a run ended, as Temporal tells it. */
export type PolledOutcome = Omit<RunOutcome, 'finishedAt' | 'sessionKey'> & Partial<Pick<RunOutcome, 'finishedAt'>>;

const CANCELED = { status: 'canceled', error: { code: 'Canceled', message: 'The run was canceled.' } } as const;

/**
 * How a run ended for its caller; undefined while it has not.
 *
 * What the callback was given is the outcome. Without a callback, what the agent did decides, by the function that the workflow
 * uses as well; how the workflow closed decides only where no agent was asked or its work was cut off.
 */
export function toOutcome(facts: RunFacts): PolledOutcome | undefined {
  const told = readTold(facts);
  if (told !== undefined) return told;
  const agent = agentRecord(facts);
  const at = agent?.endedAt ?? facts.closedAt;
  const when = at === undefined ? {} : { finishedAt: at };
  if (agent?.state === 'completed') return { ...judgeAnswer(agent.result), ...when };
  if (agent?.state === 'failed') return { ...judgeFailure(agent.failure), ...when };
  if (agent?.state === 'canceled') return { ...CANCELED, ...when };
  const cutOff = toCutOff(facts);
  return cutOff && { ...cutOff, ...when };
}

const OWN_CODE = { code: 'WorkflowFailed', message: 'The workflow failed with an error of its code.' } as const;

/** The same of a run that executes a workflow of a team: what it was closed with is what it came to. */
export function toOwnOutcome(facts: RunFacts): PolledOutcome | undefined {
  const told = readTold(facts);
  if (told !== undefined) return told;
  const { history, workflow, closedAt } = facts;
  const when = closedAt === undefined ? {} : { finishedAt: closedAt };
  if (workflow === 'completed') return { ...judgeAnswer(history?.result), ...when };
  const { failure } = history ?? {};
  // Its cause is for operators, and says nothing of the outcome.
  const top = failure && {
    name: failure.name,
    message: failure.message,
    ...('type' in failure && { type: failure.type }),
  };
  if (workflow === 'failed') return { ...judgeFailure(top, OWN_CODE), ...when };
  const cutOff = toCutOff(facts);
  return cutOff && { ...cutOff, ...when };
}

/** What the callback was given. */
function readTold({ history }: RunFacts): PolledOutcome | undefined {
  const told = history?.activities.find(({ activityId }) => activityId === ACTIVITY_ID.callback);
  const read = readStored(RUN_OUTCOME, 'RunOutcome', toRecord(told?.input)['outcome']);
  return read.ok ? read.input : undefined;
}

/** What the end of the workflow says; undefined while it is open. */
function toCutOff({ history, workflow }: RunFacts): PolledOutcome | undefined {
  switch (workflow) {
    case 'open':
      return undefined;
    case 'canceled':
      return CANCELED;
    case 'terminated':
      return { status: 'canceled', error: { code: 'Canceled', message: 'An operator terminated the run.' } };
    case 'timed_out':
      return { status: 'timed_out', error: { code: 'RunTimeout', message: 'The run timed out.' } };
    default:
      return judgeFailure(history?.failure);
  }
}

/** The activity that asked the agent, as the history tells it. */
export function agentRecord({ history }: RunFacts): ActivityRecord | undefined {
  return history?.activities.findLast(({ activityId }) => activityId === ACTIVITY_ID.agent);
}
