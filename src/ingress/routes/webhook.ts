import type { Router } from '@koa/router';
import type { AppDeps, RequestState } from '../app-deps.ts';
import type { Doors } from '../limits/doors.ts';
import { countRefused } from '../middleware/count-refused.ts';
import { parseDelivery } from '../tasks/parse-delivery.ts';
import { readBody } from '../http/read-body.ts';
import { recordAndAnswer } from '../tasks/record-and-answer.ts';
import { verifyDelivery } from '../tasks/verify-delivery.ts';

/** `POST /webhook` and the configured second path: verified, parsed, recorded, and only then answered with 202. */
export function webhookRoutes(router: Router<RequestState>, deps: AppDeps, doors: Doors): void {
  const paths = [...new Set(['/webhook', deps.endpointPath])];
  router.post(paths, countRefused('webhook', deps.metrics), doors.inFlight, async (ctx) => {
    const body = await readBody(ctx.req, ctx.res, deps.limits);
    const delivery = verifyDelivery(ctx.req.headersDistinct, body, deps);
    ctx.state.client = delivery.client;
    await doors.clients.pass(ctx, delivery.client, async () => {
      await recordAndAnswer(ctx, await parseDelivery(delivery, deps), deps, doors);
    });
  });
}
