import {
  Client,
  type Connection,
  type ConnectionLike,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { SIGNAL, WORKFLOW } from '../contract/names.ts';
import { ProblemError } from '../protocol/problems.ts';
import { isSettled, type RunResource } from '../protocol/run-resource.ts';
import type { IngressLogger } from '../ingress/app-deps.ts';
import type { AcceptedTask } from './accepted-task.ts';
import type { RunClient, RunReply } from './run-client.ts';
import { EndedRuns } from './ended-runs.ts';
import { listRuns } from './list-runs.ts';
import { readRun } from './read-run.ts';
import { RunFeeds } from './run-feeds.ts';
import { RunWatcher } from './run-watcher.ts';
import { startOptions } from './start-options.ts';
import { type RunFacts, toRunResource } from './to-run-resource.ts';
import { unavailable, withDeadline } from './with-deadline.ts';

export interface RunClientOptions {
  /** The native connection, without compression; undefined while there is none yet. */
  readonly connection: () => ConnectionLike | undefined;
  /** A grpc-js connection for long polls, which the native one can't abort. */
  readonly pollConnection: Connection;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Whether a worker of this process shares the native connection: its first task then comes with the start. */
  readonly eagerStart: boolean;
  /** How long a request waits for Temporal, in milliseconds. */
  readonly deadlineMs: number;
  /** Base of the Temporal UI with its namespace, for links. */
  readonly temporalUi?: string;
  /** Told after each question whether Temporal answered it. */
  readonly onAnswer?: (answered: boolean) => void;
  readonly logger: IngressLogger;
}

/** The run client on a real Temporal server. */
export function createRunClient(options: RunClientOptions): RunClient {
  const { namespace, taskQueue, deadlineMs, logger, pollConnection, onAnswer } = options;
  const links = options.temporalUi === undefined ? {} : { temporalUi: options.temporalUi };
  const watcher = new RunWatcher({ connection: pollConnection, namespace });
  const ended = new EndedRuns();
  let made: { connection: ConnectionLike; client: Client } | undefined;

  const connected = (): Client => {
    const connection = options.connection();
    if (connection === undefined) throw unavailable('Temporal can not be reached yet');
    if (made?.connection !== connection) made = { connection, client: new Client({ connection, namespace }) };
    return made.client;
  };

  /** When a call of the API that begins now must have its answer. */
  const deadline = (): number => performance.now() + deadlineMs;

  /** One question to Temporal: in time, with our own words for whatever goes wrong. */
  const ask = async <T>(what: string, call: (client: Client) => Promise<T>, until = deadline()): Promise<T> => {
    try {
      const client = connected();
      const answer = await withDeadline(Math.max(until - performance.now(), 0), () => call(client));
      onAnswer?.(true);
      return answer;
    } catch (error) {
      onAnswer?.(error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError);
      if (error instanceof WorkflowNotFoundError) throw new ProblemError('not_found', 'There is no such run.');
      if (error instanceof ProblemError || error instanceof WorkflowExecutionAlreadyStartedError) throw error;
      logger.error({ err: error, call: what, ...hintFor(error) }, 'Temporal refused a call');
      throw unavailable('Temporal refused the call');
    }
  };

  /** @param client undefined: whosever it is */
  const read = async (runId: string, client?: string, until?: number): Promise<RunResource> => {
    const facts = await ask('describe', (temporal) => readRun(temporal, runId), until);
    if (facts === undefined || (client !== undefined && facts.memo.client !== client)) {
      throw new ProblemError('not_found', 'There is no such run.');
    }
    return toRunResource(facts, links);
  };
  const feeds = new RunFeeds({ connection: pollConnection, namespace, read });

  const repeat = async ({ runId, memo }: AcceptedTask, until: number): Promise<RunReply> => {
    const facts = await ask('describe', (temporal) => readRun(temporal, runId), until);
    if (facts?.memo.bodySha256 !== memo.bodySha256) {
      throw new ProblemError(
        'idempotency_conflict',
        'This idempotency key was used for another body: send the same body, or a new key.',
      );
    }
    return { run: toRunResource(facts, links), unchanged: true };
  };

  return {
    async start(task) {
      const settings = startOptions(task, { taskQueue, eager: options.eagerStart });
      const until = deadline();
      try {
        await ask('start', (temporal) => temporal.workflow.start(WORKFLOW.agentRun, settings), until);
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return repeat(task, until);
        throw error;
      }
      return { run: toRunResource(justStarted(task), links), unchanged: false };
    },

    get: (runId, client) => read(runId, client),

    async wait(runId, client, seconds, signal) {
      const run = await read(runId, client);
      if (run.terminal) return run;
      await watcher.untilTerminal(runId, AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]));
      signal.throwIfAborted();
      return read(runId, client);
    },

    list: (request) => ask('list', (temporal) => listRuns(temporal, request, { ended, links })),

    async *follow(runId, client, signal) {
      const readAt = performance.now();
      const run = await read(runId, client);
      yield run;
      if (!isSettled(run)) yield* feeds.listen(runId, { run, readAt }, signal);
    },

    async cancel(runId, client) {
      const until = deadline();
      const run = await read(runId, client, until);
      if (run.terminal) return { run, unchanged: true };
      await ask('cancel', (temporal) => temporal.workflow.getHandle(runId).cancel(), until);
      return { run: await read(runId, client, until), unchanged: false };
    },

    async redeliver(runId, client, url) {
      const until = deadline();
      const run = await read(runId, client, until);
      if (run.callback.status !== 'dead' && run.callback.status !== 'retrying') return { run, unchanged: true };
      const request = url === undefined ? {} : { url };
      try {
        await ask('signal', (temporal) => temporal.workflow.getHandle(runId).signal(SIGNAL.redeliver, request), until);
      } catch (error) {
        // The run has just been read, so that it is there: closed, and nothing can be sent any more.
        if (error instanceof ProblemError && error.code === 'not_found') return { run, unchanged: true };
        throw error;
      }
      return { run: await read(runId, client, until), unchanged: false };
    },

    async ready() {
      try {
        await ask('getSystemInfo', (temporal) => temporal.workflowService.getSystemInfo({}));
        return true;
      } catch {
        return false;
      }
    },

    async close() {
      watcher.close();
      feeds.close();
    },
  };
}

/** What is known of a run the moment it is recorded, without asking again. */
function justStarted({ runId, memo }: AcceptedTask): RunFacts {
  return { runId, memo, workflow: 'open', pending: [] };
}

/** What an operator can do about a refusal. */
function hintFor(error: unknown): { hint?: string } {
  const { details, message } = error as { details?: string; message?: string };
  const text = details ?? message ?? '';
  if (/no mapping defined for search attribute|search attribute .* is not defined/i.test(text)) {
    return { hint: 'run `garudust-temporal setup`: the server lacks our search attributes' };
  }
  if (/namespace .*not found/i.test(text)) return { hint: 'check TEMPORAL_NAMESPACE, or create the namespace' };
  return {};
}
