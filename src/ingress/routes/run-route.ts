import type { RouterContext } from '@koa/router';
import { isRunId } from '../../contract/run-id.ts';
import { ProblemError } from '../../protocol/problems.ts';
import type { RequestState } from '../app-deps.ts';

/** The client that has proved who it is. */
export function readClient(ctx: RouterContext<RequestState>): string {
  const { client } = ctx.state;
  if (client === undefined) throw new Error('a run route was reached without authentication');
  return client;
}

/**
 * Who asks for which run. A text that can't be a run id is not worth a question to Temporal.
 *
 * @throws ProblemError `not_found`
 */
export function readCaller(ctx: RouterContext<RequestState>): { id: string; client: string } {
  const client = readClient(ctx);
  const id = ctx.params['id'] ?? '';
  if (!isRunId(id)) throw runNotFound();
  ctx.state.runId = id;
  return { id, client };
}

/** One answer for unknown runs, runs of others and ids that can't be, so that nothing can be told from it. */
export async function sameNotFound<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    throw error instanceof ProblemError && error.code === 'not_found' ? runNotFound() : error;
  }
}

function runNotFound(): ProblemError {
  return new ProblemError('not_found', 'No run of this client has that id: check the id, and whether it has expired.');
}
