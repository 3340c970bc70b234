import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Router, RouterContext } from '@koa/router';
import type { AppDeps, RequestState } from '../app-deps.ts';
import { authenticate } from './authenticate.ts';
import { readPosition, toEventStream } from '../http/event-stream.ts';
import { readCaller, sameNotFound } from './run-route.ts';
import { createStreamSlots, DEFAULT_STREAM_LIMITS, type StreamLimits } from '../limits/stream-slots.ts';

/** `GET /v1/runs/:id/events`: a run of the caller's own as server-sent events. */
export function runEventsRoute(router: Router<RequestState>, deps: AppDeps): void {
  const limits = { ...DEFAULT_STREAM_LIMITS, ...deps.limits };
  const slots = createStreamSlots(limits);
  router.get('/v1/runs/:id/events', authenticate(deps.clients), async (ctx) => {
    const { id, client } = readCaller(ctx);
    if (ctx.method === 'HEAD') {
      await sameNotFound(deps.runs.get(id, client));
      ctx.type = 'text/event-stream';
      ctx.body = '';
      return;
    }
    const release = slots.take(client);
    const gone = new AbortController();
    ctx.res.once('close', () => {
      gone.abort();
      release();
    });
    const runs = deps.runs.follow(id, client, gone.signal);
    const first = await sameNotFound(runs.next());
    if (first.done === true) throw new Error('a run was followed that has no state');
    const position = readPosition(ctx.get('Last-Event-ID'));
    if (position.ended && first.value.settled) {
      // What tells an EventSource not to connect again.
      ctx.status = 204;
      return;
    }
    await stream(
      ctx,
      toEventStream(first.value, runs, { after: position.sequence, keepAliveMs: limits.streamKeepAlive }),
      limits,
      deps,
    );
  });
}

async function stream(
  ctx: RouterContext<RequestState>,
  events: AsyncGenerator<string, void, undefined>,
  { streamStalledTimeout }: StreamLimits,
  { logger }: AppDeps,
): Promise<void> {
  ctx.type = 'text/event-stream';
  // nginx would collect events before it passes them on.
  ctx.set('X-Accel-Buffering', 'no');
  ctx.status = 200;
  // By hand: for Koa a reader that hangs up is an error.
  ctx.respond = false;
  // The connection is not used again, so that none is left behind when the server drains.
  ctx.res.shouldKeepAlive = false;
  ctx.req.socket.setTimeout(streamStalledTimeout);
  try {
    await pipeline(Readable.from(events), ctx.res);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    logger.error({ request_id: ctx.state.requestId, err: error }, 'answer failed');
    ctx.res.destroy();
  }
}
