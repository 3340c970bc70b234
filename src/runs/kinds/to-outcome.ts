import { ACTIVITY_ID } from '../../contract/activities.ts';
import { judgeAnswer } from '../../contract/judge-answer.ts';
import { judgeFailure } from '../../contract/judge-failure.ts';
import { RUN_OUTCOME, type RunOutcome } from '../../contract/run.ts';
import { readStored } from '../../contract/stored.ts';
import { toRecord } from '../../values/is-record.ts';
import type { ActivityRecord, RunFacts } from '../run-facts.ts';

type PolledOutcome = Omit<RunOutcome, 'finishedAt' | 'sessionKey'> & Partial<Pick<RunOutcome, 'finishedAt'>>;

const CANCELED = { status: 'canceled', error: { code: 'Canceled', message: 'The run was canceled.' } } as const;

/**
 * How a run ended for its caller; undefined while it has not.
 *
 * What the callback was given is the outcome. Without a callback, what the agent did decides, by the function that the workflow
 * uses as well; how the workflow closed decides only where no agent was asked or its work was cut off.
 */
export function toOutcome(facts: RunFacts): PolledOutcome | undefined {
  const { history, workflow, closedAt } = facts;
  const told = history?.activities.find(({ activityId }) => activityId === ACTIVITY_ID.callback);
  const read = readStored(RUN_OUTCOME, 'RunOutcome', toRecord(told?.input)['outcome']);
  if (read.ok) return read.input;
  const agent = agentRecord(facts);
  const at = agent?.endedAt ?? closedAt;
  const when = at === undefined ? {} : { finishedAt: at };
  if (agent?.state === 'completed') return { ...judgeAnswer(agent.result), ...when };
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

/** The activity that asked the agent, as the history tells it. */
export function agentRecord({ history }: RunFacts): ActivityRecord | undefined {
  return history?.activities.findLast(({ activityId }) => activityId === ACTIVITY_ID.agent);
}
