import type { Router } from '@koa/router';
import type { AppDeps, RequestState } from '../app-deps.ts';
import { parseDelivery } from '../parse-delivery.ts';
import { readBody } from '../read-body.ts';
import { verifyDelivery } from '../verify-delivery.ts';

/** Seconds after which the first poll of a new run is worth while. */
const FIRST_POLL = '1';

/** `POST /webhook` and the configured second path: verified, parsed, recorded, and only then answered with 202. */
export function webhookRoutes(router: Router<RequestState>, deps: AppDeps): void {
  const paths = [...new Set(['/webhook', deps.endpointPath])];
  router.post(paths, async (ctx) => {
    const body = await readBody(ctx.req, ctx.res, deps.limits);
    const delivery = verifyDelivery(ctx.req.headersDistinct, body, deps);
    ctx.state.client = delivery.client;
    const task = await parseDelivery(delivery, deps);
    ctx.state.runId = task.runId;
    const { run, unchanged } = await deps.runs.start(task);
    ctx.status = 202;
    ctx.set('Location', run.links.self);
    ctx.set('Retry-After', FIRST_POLL);
    if (unchanged) ctx.set('Idempotent-Replayed', 'true');
    ctx.body = run;
  });
}
