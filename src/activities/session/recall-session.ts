import { Context } from '@temporalio/activity';
import { AgentError, type ConversationTurn } from '../../agents/agent.ts';
import type { RunAgentInput } from '../../contract/activities.ts';
import { type PastRun, readPastRun } from './read-past-run.ts';
import { nameOf } from '../activity.ts';

/** Between two tasks that are asked in one call. */
const BETWEEN_TASKS = '\n\n';

/** What an agent is asked beside the task itself, read from other runs of the session: histories hold their ids alone. */
export interface Recalled {
  /** The task, and those that the same call answers behind it. */
  readonly text: string;
  /** The last turns of the session, the oldest first. */
  readonly history?: readonly ConversationTurn[];
}

/** Histories that are read at once. */
const READ_AT_ONCE = 8;

/**
 * Reads what the session adds to a task.
 *
 * @param historyBytes most text of earlier turns
 * @returns or why it can't be read: a session is rather asked late than half
 */
export async function recallSession(input: RunAgentInput, historyBytes: number): Promise<Recalled | AgentError> {
  const { task, collected = [], earlier = [] } = input;
  if (collected.length + earlier.length === 0) return { text: task.text };
  try {
    const text = [task.text, ...(await readTexts(collected, input))].join(BETWEEN_TASKS);
    const history = await readTurns(earlier, input, historyBytes);
    return { text, ...(history.length > 0 && { history }) };
  } catch (error) {
    return new AgentError(
      'SessionUnreadable',
      `was not asked: other runs of its session cannot be read (${nameOf(error)})`,
    );
  }
}

/** What other runs of the session were asked. */
async function readTexts(runIds: readonly string[], input: RunAgentInput): Promise<string[]> {
  const runs = await Promise.all(runIds.map((runId) => readPastRun(Context.current().client, runId)));
  return runs.flatMap((run) => (isOfSession(run, input) ? [run.input.task.text] : []));
}

/** The latest turns that fit, whole. A run without an answer is none. */
async function readTurns(runIds: readonly string[], input: RunAgentInput, bytes: number): Promise<ConversationTurn[]> {
  const turns: ConversationTurn[] = [];
  let left = bytes;
  for (let end = runIds.length; end > 0; end -= READ_AT_ONCE) {
    const batch = runIds.slice(Math.max(end - READ_AT_ONCE, 0), end);
    const runs = await Promise.all(batch.map((runId) => readPastRun(Context.current().client, runId)));
    for (const run of runs.toReversed()) {
      if (!isOfSession(run, input) || run.outcome?.status !== 'completed') continue;
      const asked = [run.input.task.text, ...(await readTexts(run.collected, input))].join(BETWEEN_TASKS);
      const { output } = run.outcome;
      left -= Buffer.byteLength(asked) + Buffer.byteLength(output);
      if (left < 0) return turns;
      turns.unshift({ role: 'user', text: asked }, { role: 'assistant', text: output });
    }
  }
  return turns;
}

/** Only the same client's session: whoever schedules the activity may name any run. */
function isOfSession(run: PastRun | undefined, { client, task }: RunAgentInput): run is PastRun {
  return run !== undefined && run.input.client === client && run.input.task.sessionKey === task.sessionKey;
}
