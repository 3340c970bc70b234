import type { Router, RouterContext } from '@koa/router';
import { ProblemError } from '../../protocol/problems.ts';
import type { AppDeps, RequestState } from '../app-deps.ts';
import { countRefused } from '../middleware/count-refused.ts';
import { readBody } from '../http/read-body.ts';
import { recordAndAnswer } from '../tasks/record-and-answer.ts';
import { parseSourceDelivery } from '../tasks/parse-source-delivery.ts';
import { type SourceDelivery, verifySourceDelivery } from '../tasks/verify-source-delivery.ts';
import type { Doors } from '../limits/doors.ts';

/** `POST /hooks/:source` of every configured source: verified, parsed, recorded, and only then answered with 202. */
export function hooksRoutes(router: Router<RequestState>, deps: AppDeps, doors: Doors): void {
  for (const source of deps.sources?.values() ?? []) {
    router.post(source.path, countRefused(source.name, deps.metrics), doors.inFlight, async (ctx) => {
      const limits = { ...deps.limits, body: source.bodyLimit ?? deps.limits.body };
      const body = await readBody(ctx.req, ctx.res, limits);
      const delivery = verifySourceDelivery(source, ctx.req.headersDistinct, body, (deps.now ?? Date.now)());
      ctx.state.client = delivery.client;
      await doors.clients.pass(ctx, delivery.client, () => take(ctx, delivery, deps, doors));
    });
    if (source.preset.grantsOrigins === true) router.options(source.path, grantOrigin);
  }
}

async function take(
  ctx: RouterContext<RequestState>,
  delivery: SourceDelivery,
  deps: AppDeps,
  doors: Doors,
): Promise<void> {
  const { client, source, from } = delivery;
  const parsed = await parseSourceDelivery(delivery, deps);
  if (parsed.kind === 'answer') {
    deps.metrics.deliveryJudged?.({ result: 'ignored', client, source, code: 'handshake' });
    ctx.body = parsed.body;
  } else if (parsed.kind === 'ignored') {
    ctx.state.ignored = parsed.reason;
    deps.metrics.eventIgnored?.({ source, why: parsed.why });
    deps.metrics.deliveryJudged?.({ result: 'ignored', client, source, code: parsed.why });
    ctx.body = { ignored: parsed.reason };
  } else {
    await recordAndAnswer(ctx, parsed.task, deps, doors);
    const acknowledgement = from.preset.acknowledge?.(parsed.view, parsed.task.runId);
    if (acknowledgement === undefined) return;
    ctx.status = 200;
    ctx.body = acknowledgement;
  }
}

const ORIGIN = /^[\w.:*-]{1,253}$/;
const RATE = /^[1-9]\d{0,8}$/;

/**
 * Tells a sender of CloudEvents that its events are welcome here; it proves itself at each delivery.
 *
 * Source: CloudEvents, "HTTP 1.1 Web Hooks for Event Delivery" 1.0.2, section 4.
 */
function grantOrigin(ctx: RouterContext<RequestState>): void {
  ctx.set('Allow', 'POST, OPTIONS');
  ctx.status = 200;
  ctx.body = '';
  const origin = ctx.get('WebHook-Request-Origin');
  if (origin === '') return;
  if (!ORIGIN.test(origin)) {
    const message = 'must be a host name such as events.example.com';
    throw new ProblemError('invalid_parameter', `WebHook-Request-Origin ${message}.`, [
      { field: 'WebHook-Request-Origin', message },
    ]);
  }
  const rate = ctx.get('WebHook-Request-Rate');
  ctx.set('WebHook-Allowed-Origin', origin);
  ctx.set('WebHook-Allowed-Rate', RATE.test(rate) ? rate : '*');
}
