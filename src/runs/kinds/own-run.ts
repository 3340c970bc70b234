import { ACTIVITY_ID } from '../../contract/activities.ts';
import { SESSION_SIGNAL } from '../../contract/session.ts';
import type { RunResource } from '../../protocol/run-resource.ts';
import type { RunFacts } from '../run-facts.ts';
import type { RunKind, RunLinks } from '../run-kind.ts';
import { agentRun, projectListed } from './agent-run.ts';
import { toOwnOutcome } from './to-outcome.ts';
import { toResource } from './to-resource.ts';
import { toSteps } from './to-steps.ts';

/** Up to here a run can't have more than its start and its first workflow task. */
const EVENTS_BEFORE_THE_CODE = 3;

/** As `PATCH.waitForTurn` of the workflows. */
const WAITS_FOR_TURN = 'wait-for-turn';

/**
 * A run that executes a workflow of a team, whose name is the type of its workflow: one kind for all of them. It delivers its outcome
 * as `agentRun` does, by the activity `callback`.
 */
export const ownRun: RunKind = {
  ...agentRun,
  endsWait: (activities) => activities.some(({ activityId }) => activityId === ACTIVITY_ID.callback),
  needsHistory: ({ workflow }, historyLength) => workflow !== 'open' || historyLength > EVENTS_BEFORE_THE_CODE,
  readsLatest: true,
  project,
  projectListed: (listed, links) => projectListed(listed, links, project),
};

function project(facts: RunFacts, links: RunLinks): RunResource {
  const { pending, history, type } = facts;
  const isPaused = pending.some(({ paused }) => paused);
  const open = isPaused ? 'paused' : history === undefined || waitsForTurn(facts) ? 'queued' : 'running';
  const steps = history === undefined ? {} : { steps: toSteps(facts) };
  return toResource(facts, links, { workflow: type, ...steps, end: toOwnOutcome(facts), open });
}

/** The workflow says by its patches that it waits for its turn, and its session by a signal that it is. */
function waitsForTurn({ attributes, history }: RunFacts): boolean {
  const patches = attributes['TemporalChangeVersion'] ?? [];
  return patches.includes(WAITS_FOR_TURN) && history?.signals?.includes(SESSION_SIGNAL.turn) === false;
}
