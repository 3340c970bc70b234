import { Context } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { ACTIVITY_ID } from '../../contract/activities.ts';
import { SEARCH_ATTRIBUTE } from '../../contract/search-attributes.ts';
import { readPastRun } from './read-past-run.ts';
import { AGENT_SESSION, joinOptions, type SessionActivities } from '../../contract/session.ts';

/**
 * The activities behind sessions. `askForTurn`: a run that was not given its turn announces itself to its session, and starts the
 * session where it has ended. `watchRun`: ends when a run holds its turn no longer. Until then its attempts fail, which costs no event
 * and, between attempts, no slot. `shareAnswer`: reads the answer of the run whose call answers the calling one too.
 */
export const sessionTurns: SessionActivities = {
  async askForTurn({ sessionId, ...wishes }) {
    const { client, info } = Context.current();
    const { workflowExecution, taskQueue } = info;
    if (workflowExecution === undefined) return;
    const ticket = { runId: workflowExecution.workflowId, ...wishes, asks: true };
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

  async shareAnswer({ client, runId }) {
    const run = await readPastRun(Context.current().client, runId);
    if (run?.input.client === client && run.outcome !== undefined) {
      const { outcome } = run;
      if (outcome.status === 'completed') {
        // Paid once, and counted once.
        const { status: _, usage: __, ...answer } = outcome;
        return answer;
      }
      throw ApplicationFailure.nonRetryable(outcome.error.message, outcome.error.code);
    }
    throw ApplicationFailure.retryable(
      `${runId}, which answers this run too, has no answer that can be read.`,
      'NoAnswer',
    );
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
