import type { Router } from '@koa/router';
import { answerRun } from '../answer-run.ts';
import type { AppDeps, RequestState } from '../app-deps.ts';
import { parseDelivery } from '../parse-delivery.ts';
import { readBody } from '../read-body.ts';
import { verifyDelivery } from '../verify-delivery.ts';

/** `POST /webhook` and the configured second path: verified, parsed, recorded, and only then answered with 202. */
export function webhookRoutes(router: Router<RequestState>, deps: AppDeps): void {
  const paths = [...new Set(['/webhook', deps.endpointPath])];
  router.post(paths, async (ctx) => {
    const body = await readBody(ctx.req, ctx.res, deps.limits);
    const delivery = verifyDelivery(ctx.req.headersDistinct, body, deps);
    ctx.state.client = delivery.client;
    const task = await parseDelivery(delivery, deps);
    ctx.state.runId = task.runId;
    answerRun(ctx, await deps.runs.start(task));
  });
}
