import { isRunId } from '../../contract/run-id-form.ts';
import { type InputRequest, parseInputRequest } from '../../protocol/input-request.ts';
import { readJson } from '../../protocol/json/read-json.ts';
import { fieldProblem, ProblemError } from '../../protocol/problem-error.ts';
import { parseRedeliverRequest } from '../../protocol/redeliver-request.ts';
import type { RunClient } from '../../runs/run-client.ts';
import type { RunReply } from '../../runs/run-reply.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import type { IngressClient } from '../ingress-client.ts';
import type { ListAdmission, ListLimits } from '../limits/list-admission.ts';
import { callerOf, type RequestContext, type Route } from '../route.ts';
import { type CallbackUrlDeps, checkCallbackUrl } from '../tasks/check-callback-url.ts';
import { createRunEvents, type RunEventsDeps } from './run-events.ts';
import { createRunList, type RunListDeps } from './run-list.ts';
import { MAX_WAIT_SECONDS, type RunWaits, type RunWaitsDeps } from './run-waits.ts';

export interface RunRouteDeps extends CallbackUrlDeps, Pick<RunEventsDeps, 'logger'>, Pick<RunListDeps, 'sources'> {
  readonly runs: RunClient;
  readonly clients: readonly IngressClient[];
  readonly limits: BodyLimits & RunWaitsDeps['limits'] & RunEventsDeps['limits'] & Partial<ListLimits>;
}

/** `/v1/runs` and everything below: list, read, wait for, follow, cancel, answer, redeliver and delete the caller's own runs. */
export function runRoutes(deps: RunRouteDeps, waits: Pick<RunWaits, 'wait'>, lists: ListAdmission): Route[] {
  const { runs } = deps;
  const listRuns = createRunList(deps, lists);
  const followRun = createRunEvents(deps);
  return [
    { method: 'GET', path: '/v1/runs', access: 'apiKey', handle: (ctx) => listRuns(ctx, callerOf(ctx)) },
    ofRun('GET', '', async (ctx, id, client) => {
      const seconds = readWait(ctx.query['wait']);
      ctx.body = await (seconds === 0 ? runs.get(id, client) : waits.wait(ctx, id, client, seconds));
    }),
    ofRun('DELETE', '', async (ctx, id, client) => {
      await runs.delete(id, client);
      ctx.status = 204;
    }),
    ofRun('GET', '/events', followRun),
    ofRun('POST', '/cancel', async (ctx, id, client) => answer(ctx, await runs.cancel(id, client))),
    ofRun('POST', '/input', async (ctx, id, client) => {
      const { comment, by = client, ...given } = await readInput(ctx, deps.limits);
      const told = { ...given, by, via: 'api' as const, ...(comment !== undefined && { comment }) };
      const { run, unchanged } = await runs.answer(id, client, told);
      if (unchanged) ctx.set('Idempotent-Replayed', 'true');
      ctx.body = run;
    }),
    ofRun('POST', '/redeliver', async (ctx, id, client) => {
      const url = await readRedelivery(ctx, deps, client);
      answer(ctx, await runs.redeliver(id, client, url));
    }),
  ];
}

/**
 * A route of one run. A text that cannot be a run id is refused without a call to Temporal. Unknown runs, runs of other
 * clients and impossible ids get the same 404, so that it reveals nothing.
 */
function ofRun(
  method: 'GET' | 'POST' | 'DELETE',
  below: string,
  handle: (ctx: RequestContext, id: string, client: string) => Promise<void>,
): Route {
  return {
    method,
    path: `/v1/runs/:id${below}`,
    access: 'apiKey',
    async handle(ctx) {
      const client = callerOf(ctx);
      const id = ctx.params['id'] ?? '';
      if (!isRunId(id)) throw runNotFound();
      ctx.state.runId = id;
      try {
        await handle(ctx, id, client);
      } catch (error) {
        throw error instanceof ProblemError && error.code === 'not_found' ? runNotFound() : error;
      }
    },
  };
}

function runNotFound(): ProblemError {
  return new ProblemError('not_found', 'No run of this client has that id: check the id, and whether it has expired.');
}

function readWait(value: string | string[] | undefined): number {
  if (value === undefined) return 0;
  const seconds = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN;
  if (seconds >= 0 && seconds <= MAX_WAIT_SECONDS) return seconds;
  const message = `must be a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}, sent once`;
  throw fieldProblem('invalid_parameter', [{ field: 'wait', message }]);
}

async function readInput(ctx: RequestContext, limits: BodyLimits): Promise<InputRequest> {
  const parsed = parseInputRequest(readJson(await readBody(ctx.req, ctx.res, limits)));
  if (!parsed.ok) throw fieldProblem('invalid_parameter', parsed.errors);
  return parsed.request;
}

async function readRedelivery(ctx: RequestContext, deps: RunRouteDeps, clientId: string): Promise<string | undefined> {
  const body = await readBody(ctx.req, ctx.res, deps.limits);
  if (body.length === 0) return undefined;
  const parsed = parseRedeliverRequest(readJson(body));
  if (!parsed.ok) throw fieldProblem('invalid_parameter', parsed.errors);
  const client = deps.clients.find(({ id }) => id === clientId);
  if (parsed.callbackUrl !== undefined && client !== undefined) {
    await checkCallbackUrl(parsed.callbackUrl, 'callback_url', client, deps);
  }
  return parsed.callbackUrl;
}

/** 202 if the call started something, 200 if nothing had to be done. */
function answer(ctx: RequestContext, { run, unchanged }: RunReply): void {
  ctx.status = unchanged ? 200 : 202;
  ctx.body = run;
}
