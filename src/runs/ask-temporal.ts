import {
  Client,
  type ConnectionLike,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { ProblemError } from '../protocol/problems.ts';
import { within } from '../timing/within.ts';

/** What this module logs to; a pino logger fits. */
export interface RunLogger {
  error(fields: object, message: string): void;
}

export interface AskOptions {
  /** The native connection, without compression; undefined while there is none yet. */
  readonly connection: () => ConnectionLike | undefined;
  readonly namespace: string;
  /** Called after each question with whether Temporal answered it. */
  readonly onAnswer?: (answered: boolean) => void;
  readonly logger: RunLogger;
}

/**
 * One question to Temporal, whose `name` goes to the log, with an answer by a time of `performance.now()`.
 *
 * Rejects with a `ProblemError`: `not_found` for an unknown run, `temporal_unavailable` for whatever else goes wrong. Only
 * `WorkflowExecutionAlreadyStartedError` and problems of `call` itself pass as they are.
 */
export type AskTemporal = <T>(name: string, until: number, call: (client: Client) => Promise<T>) => Promise<T>;

/**
 * Makes the function that all calls to Temporal go through.
 *
 * The SDK's own deadlines are no hard bound: under RESOURCE_EXHAUSTED a native call with 3 s takes 15 s, and it can't
 * be aborted. So a call that is late is left to end by itself; the run id makes a repeat harmless.
 */
export function createAskTemporal({ connection, namespace, onAnswer, logger }: AskOptions): AskTemporal {
  let made: { connection: ConnectionLike; client: Client } | undefined;

  const connected = (): Client => {
    const current = connection();
    if (current === undefined) throw unavailable('Temporal is not reachable yet');
    if (made?.connection !== current) {
      made = { connection: current, client: new Client({ connection: current, namespace }) };
    }
    return made.client;
  };

  return async (name, until, call) => {
    try {
      const client = connected();
      const answer = await within(Math.max(until - performance.now(), 0), call(client), () => {
        throw unavailable('Temporal did not answer in time');
      });
      onAnswer?.(true);
      return answer;
    } catch (error) {
      onAnswer?.(error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError);
      if (error instanceof WorkflowNotFoundError) throw new ProblemError('not_found', 'Run not found.');
      if (error instanceof ProblemError || error instanceof WorkflowExecutionAlreadyStartedError) throw error;
      logger.error({ err: error, call: name, ...hintFor(error) }, 'Temporal refused a call');
      throw unavailable('Temporal refused the call');
    }
  };
}

/** The answer while Temporal is away. */
function unavailable(why: string): ProblemError {
  return new ProblemError('temporal_unavailable', `${why}: retry.`);
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
