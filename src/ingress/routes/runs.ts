import type { Router, RouterContext } from '@koa/router';
import { ProblemError } from '../../protocol/problems.ts';
import { parseRedeliverRequest } from '../../protocol/redeliver-request.ts';
import type { RunResource } from '../../protocol/run-resource.ts';
import type { AppDeps, RequestState } from '../app-deps.ts';
import { authenticate } from './authenticate.ts';
import { checkCallbackUrl } from '../tasks/check-callback-url.ts';
import { readBody } from '../http/read-body.ts';
import { readJson } from '../../protocol/json/read-json.ts';
import type { RunReply } from '../../runs/run-client.ts';
import { readCaller, sameNotFound } from './run-route.ts';
import { createWaitSlots, DEFAULT_WAIT_LIMITS } from '../limits/wait-slots.ts';

const MAX_WAIT_SECONDS = 60;

type RunContext = RouterContext<RequestState>;

/** `/v1/runs/:id`: read, wait for, cancel and redeliver a run of the caller's own. */
export function runsRoutes(router: Router<RequestState>, deps: AppDeps): void {
  const authenticated = authenticate(deps.clients);
  const waits = createWaitSlots({ ...DEFAULT_WAIT_LIMITS, ...deps.limits });

  router.get('/v1/runs/:id', authenticated, async (ctx) => {
    const { id, client } = readCaller(ctx);
    const seconds = readWait(ctx.query['wait']);
    if (seconds === 0) {
      ctx.body = await sameNotFound(deps.runs.get(id, client));
      return;
    }
    const release = waits.take(client);
    try {
      ctx.body = await sameNotFound(wait(ctx, deps, id, client, seconds));
    } finally {
      release();
    }
  });

  router.post('/v1/runs/:id/cancel', authenticated, async (ctx) => {
    const { id, client } = readCaller(ctx);
    answer(ctx, await sameNotFound(deps.runs.cancel(id, client)));
  });

  router.post('/v1/runs/:id/redeliver', authenticated, async (ctx) => {
    const { id, client } = readCaller(ctx);
    const url = await readRedelivery(ctx, deps, client);
    answer(ctx, await sameNotFound(deps.runs.redeliver(id, client, url)));
  });
}

function readWait(value: string | string[] | undefined): number {
  if (value === undefined) return 0;
  const seconds = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN;
  if (seconds >= 0 && seconds <= MAX_WAIT_SECONDS) return seconds;
  const message = `must be a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}, given once`;
  throw new ProblemError('invalid_parameter', `wait: ${message}.`, [{ field: 'wait', message }]);
}

/** Holds until the run is terminal or the time is up; a caller that hangs up ends it early. */
async function wait(ctx: RunContext, deps: AppDeps, id: string, client: string, seconds: number): Promise<RunResource> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  ctx.res.once('close', onClose);
  try {
    return await deps.runs.wait(id, client, seconds, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    throw new ProblemError('request_timeout', 'The caller hung up.');
  } finally {
    ctx.res.off('close', onClose);
  }
}

async function readRedelivery(ctx: RunContext, deps: AppDeps, clientId: string): Promise<string | undefined> {
  const body = await readBody(ctx.req, ctx.res, deps.limits);
  if (body.length === 0) return undefined;
  const parsed = parseRedeliverRequest(readJson(body));
  if (!parsed.ok) {
    const { field, message } = parsed.errors[0] ?? { field: '', message: 'is not valid' };
    throw new ProblemError('invalid_parameter', `${field || 'The body'}: ${message}.`, parsed.errors.slice(0, 16));
  }
  const client = deps.clients.find(({ id }) => id === clientId);
  if (parsed.callbackUrl !== undefined && client !== undefined) {
    await checkCallbackUrl(parsed.callbackUrl, 'callback_url', client, deps);
  }
  return parsed.callbackUrl;
}

/** 202 where something was set in motion, 200 where nothing had to be. */
function answer(ctx: RunContext, { run, unchanged }: RunReply): void {
  ctx.status = unchanged ? 200 : 202;
  ctx.body = run;
}
