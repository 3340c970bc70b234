import { Context } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { ACTIVITY_ID } from '../contract/activities.ts';
import { SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
import { AGENT_SESSION, joinOptions, type SessionActivities } from '../contract/session.ts';

/**
 * The activities behind sessions. `askForTurn`: a run that was not given its turn announces itself to its session, and starts the
 * session where it has ended. `watchRun`: ends when a run holds its turn no longer. Until then its attempts fail, which costs no event
 * and, between attempts, no slot.
 */
export const sessionTurns: SessionActivities = {
  async askForTurn({ sessionId, interrupts = false }) {
    const { client, info } = Context.current();
    const { workflowExecution, taskQueue } = info;
    if (workflowExecution === undefined) return;
    const ticket = { runId: workflowExecution.workflowId, interrupts, asks: true };
    await client.workflow.signalWithStart(AGENT_SESSION, joinOptions(sessionId, taskQueue, ticket));
  },

  async watchRun({ runId }) {
    if (!(await holdsTurn(Context.current().client, runId))) return;
    // Not of the failure table: it reaches nobody, and stands for "not yet".
    const notYet = ApplicationFailure.create({
      type: 'TurnHeld',
      message: `The agent of ${runId} has not answered yet.`,
      category: ApplicationFailureCategory.BENIGN,
    });
    notYet.stack = '';
    throw notYet;
  },
};

/** Whether the agent of a run may still be at work, or is yet to be asked. A callback begins when the agent has answered. */
async function holdsTurn(client: Client, runId: string): Promise<boolean> {
  try {
    const { status, raw, searchAttributes } = await client.workflow.getHandle(runId).describe();
    if (status.name !== 'RUNNING') return false;
    const isDelivering = raw.pendingActivities?.some(({ activityId }) => activityId === ACTIVITY_ID.callback) ?? false;
    return !isDelivering && searchAttributes[SEARCH_ATTRIBUTE.callback] === undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
