import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { ProblemError } from '../protocol/problem-error.ts';
import type { AcceptedTask } from './accepted-task.ts';
import type { AskTemporal } from './ask-temporal.ts';
import { startOptions } from './kinds/start-options.ts';
import { readRun } from './read-run.ts';
import type { RunFacts } from './run-facts.ts';
import type { RunLinks } from './run-kind.ts';
import { toRunResource, workflowTypeOf } from './run-kinds.ts';
import type { RunReply } from './run-reply.ts';
import type { RunSessions } from './run-sessions.ts';
import { createStartExecution } from './start-execution.ts';

export type OnCall = (call: Promise<unknown>) => void;

/**
 * Records the run of a task. Rejects with `idempotency_conflict` when its id was used for another body.
 *
 * @param onCall gets the call to Temporal, which holds the task in memory and may end long after the answer
 * @param waitedMs how much of the deadline the request has used up, in milliseconds; default: nothing
 */
export type RecordRun = (task: AcceptedTask, onCall?: OnCall, waitedMs?: number) => Promise<RunReply>;

interface RecordRunParts {
  readonly ask: AskTemporal;
  readonly sessions: RunSessions;
  readonly links: RunLinks;
  readonly taskQueue: string;
  /** As in `RunClientOptions`. */
  readonly ownBuild: string | undefined;
  /** When a call that begins now must have its answer, on the clock of `performance.now()`. */
  readonly deadline: () => number;
  /** Whether there is a connection for a call to go out on. */
  readonly isConnected: () => boolean;
}

/** Records runs on a real Temporal server. */
export function createRecordRun(parts: RecordRunParts): RecordRun {
  const { ask, sessions, links, taskQueue, ownBuild, deadline, isConnected } = parts;
  const startExecution = createStartExecution(ownBuild);

  const repeat = async (task: AcceptedTask, until: number): Promise<RunReply> => {
    const { runId, memo } = task;
    const facts = await ask('describe', until, (temporal) => readRun(temporal, runId, memo.client));
    const differs = facts?.memo.bodySha256 !== memo.bodySha256;
    if (facts === undefined || (differs && task.anyBody !== true)) {
      throw new ProblemError(
        'idempotency_conflict',
        'This idempotency key was used for another body: send the same body, or a new key.',
      );
    }
    const run = toRunResource(facts, links);
    // Whoever recorded it may have died before the session knew.
    if (run.status === 'queued') await sessions.join(task, until);
    return { run, unchanged: true, ...(differs && ({ differs } as const)) };
  };

  /** A repeat of a recorded task gets its run, whatever its session would say to a new one. */
  const repeatOr = async (refusal: ProblemError, task: AcceptedTask, until: number): Promise<RunReply> => {
    try {
      return await repeat(task, until);
    } catch (error) {
      throw error instanceof ProblemError && error.code === 'not_found' ? refusal : error;
    }
  };

  return async (task, onCall = () => undefined, waitedMs = 0) => {
    const settings = startOptions(task, { taskQueue, eager: ownBuild !== undefined, ...links });
    const until = deadline() - waitedMs;
    const connected = isConnected();
    const refusal = await sessions.admit(task, until);
    if (refusal !== undefined) return await repeatOr(refusal, task, until);
    try {
      await ask('start', until, (temporal) => {
        const call = startExecution(temporal, workflowTypeOf(task.input), settings);
        onCall(call);
        return call;
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw unconfirmed(error, task, connected);
      await sessions.withdraw(task, until);
      return await repeat(task, until);
    }
    await sessions.join(task, until);
    return { run: toRunResource(justStarted(task), links), unchanged: false };
  };
}

/**
 * The answer to a sender whose start Temporal did not confirm: a call that is late, or broke off, may have recorded the run.
 *
 * @param connected whether there was a connection for the call to go out on
 */
function unconfirmed(error: unknown, { idempotent, memo }: AcceptedTask, connected: boolean): unknown {
  if (!(error instanceof ProblemError) || error.code !== 'temporal_unavailable') return error;
  const why = error.detail.replace(/: retry\.$/, '');
  if (!connected) return new ProblemError(error.code, `${why}, and nothing was recorded: send the delivery again.`);
  const id = memo.source === 'webhook' ? 'an Idempotency-Key' : 'an id (delivery_id of the source)';
  return new ProblemError(
    error.code,
    idempotent
      ? `${why}, and may have recorded the run all the same: send the delivery again with the same id, which cannot start a second run.`
      : `${why}, and may have recorded the run all the same. The delivery has no id, so sending it again may start a second run: give each delivery ${id}.`,
  );
}

/** What is known of a run the moment it is recorded, without asking again. */
function justStarted({ runId, input, memo }: AcceptedTask): RunFacts {
  return { runId, type: workflowTypeOf(input), memo, attributes: {}, workflow: 'open', pending: [] };
}
