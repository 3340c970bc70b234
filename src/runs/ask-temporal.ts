import {
  Client,
  type ConnectionLike,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { PayloadError } from '../payloads/payload-error.ts';
import { ProblemError } from '../protocol/problem-error.ts';
import { within } from '../timing/within.ts';
import { setUpHint } from './set-up-hint.ts';

/** What this module logs to; a pino logger fits. */
export interface RunLogger {
  error(fields: object, message: string): void;
}

export interface AskOptions {
  /** The native connection, without compression; undefined while there is none yet. */
  readonly connection: () => ConnectionLike | undefined;
  readonly namespace: string;
  /** Called when Temporal refuses a question, or does not answer it in time. */
  readonly onRefusal?: () => void;
  readonly logger: RunLogger;
}

/**
 * One question to Temporal, whose `name` goes to the log, with an answer by a time of `performance.now()`.
 *
 * Rejects with a `ProblemError`: `not_found` for an unknown run, `body_too_large` for a task that Temporal finds too large,
 * `temporal_not_set_up` where the namespace or our search attributes are missing, `payload_unreadable` for a run that this
 * process lacks the key of, `temporal_unavailable` for whatever else goes wrong. Only `WorkflowExecutionAlreadyStartedError` and problems of `call` itself pass as they are.
 */
export type AskTemporal = <T>(name: string, until: number, call: (client: Client) => Promise<T>) => Promise<T>;

/**
 * Makes the function that all calls to Temporal go through.
 *
 * The SDK's own deadlines are no hard bound: under RESOURCE_EXHAUSTED a native call with 3 s takes 15 s, and it can't
 * be aborted. So a call that is late is left to end by itself; the run id makes a repeat harmless.
 */
export function createAskTemporal({ connection, namespace, onRefusal, logger }: AskOptions): AskTemporal {
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
      return await within(Math.max(until - performance.now(), 0), call(client), () => {
        throw unavailable('Temporal did not answer in time');
      });
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new ProblemError('not_found', 'Run not found.');
      if (error instanceof WorkflowExecutionAlreadyStartedError) throw error;
      if (error instanceof PayloadError) {
        logger.error({ call: name, reason: error.message }, 'cannot read a run');
        throw new ProblemError('payload_unreadable', 'The server cannot decrypt this run: tell its operator.');
      }
      const tooLarge = findTooLarge(error);
      if (tooLarge !== undefined) throw tooLarge;
      onRefusal?.();
      if (error instanceof ProblemError) throw error;
      const hint = setUpHint(error);
      logger.error({ err: error, call: name, ...(hint !== undefined && { hint }) }, 'Temporal refused a call');
      if (hint !== undefined) throw notSetUp();
      throw unavailable('Temporal refused the call');
    }
  };
}

/** The answer while Temporal is away. */
function unavailable(why: string): ProblemError {
  return new ProblemError('temporal_unavailable', `${why}: retry.`);
}

/** The answer where an operator has to run `setup` first. */
function notSetUp(): ProblemError {
  return new ProblemError(
    'temporal_not_set_up',
    'The server cannot record runs yet: retry later, or tell its operator.',
  );
}

/** The answer to a task that Temporal finds too large: it has lower limits, or a codec makes payloads larger. */
function findTooLarge(error: unknown): ProblemError | undefined {
  const { cause } = error as { cause?: { details?: string } };
  const said = cause?.details ?? '';
  if (!/ size exceeds limit/.test(said)) return undefined;
  return new ProblemError('body_too_large', `Temporal refuses the task: "${said}" Send less, or raise its limit.`);
}
