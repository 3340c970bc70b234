import { Context } from '@temporalio/activity';
import { AgentError } from '../agents/agent.ts';
import type { RunAgentInput } from '../contract/activities.ts';
import { type PastRun, readPastRun } from './read-past-run.ts';
import { nameOf } from './activity.ts';

/** Between two tasks that are asked in one call. */
const BETWEEN_TASKS = '\n\n';

/** What an agent is asked beside the task itself, read from other runs of the session: histories hold their ids alone. */
export interface Recalled {
  /** The task, and those that the same call answers behind it. */
  readonly text: string;
}

/**
 * Reads what the session adds to a task.
 *
 * @returns or why it can't be read: a session is rather asked late than half
 */
export async function recallSession(input: RunAgentInput): Promise<Recalled | AgentError> {
  const { task, collected = [] } = input;
  if (collected.length === 0) return { text: task.text };
  try {
    const runs = await Promise.all(collected.map((runId) => readPastRun(Context.current().client, runId)));
    const texts = runs.flatMap((run) => (isOfSession(run, input) ? [run.input.task.text] : []));
    return { text: [task.text, ...texts].join(BETWEEN_TASKS) };
  } catch (error) {
    return new AgentError(
      'SessionUnreadable',
      `was not asked: other runs of its session cannot be read (${nameOf(error)})`,
    );
  }
}

/** Only the same client's session: whoever schedules the activity may name any run. */
function isOfSession(run: PastRun | undefined, { client, task }: RunAgentInput): run is PastRun {
  return run !== undefined && run.input.client === client && run.input.task.sessionKey === task.sessionKey;
}
