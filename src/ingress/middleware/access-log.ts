import type { Middleware } from 'koa';
import type { IngressLogger, IngressMetrics, RequestState } from '../app-deps.ts';

const MAX_PATH = 200;

/**
 * One log line and one count a request, once its answer is out or its caller is gone.
 *
 * Neither body, headers nor query string are logged: all three may hold secrets.
 */
export function accessLog(logger: IngressLogger, metrics: IngressMetrics): Middleware<RequestState> {
  return async (ctx, next) => {
    const started = performance.now();
    ctx.res.once('close', () => {
      const milliseconds = performance.now() - started;
      const { requestId, client, source, ignored, runId, duplicate, problem } = ctx.state;
      const { method } = ctx;
      // Where the caller went before an answer was begun, the status is only what would have been sent.
      const status = ctx.res.headersSent ? ctx.res.statusCode : 499;
      logger.info(
        {
          request_id: requestId,
          method,
          path: ctx.path.slice(0, MAX_PATH),
          status,
          duration_ms: Math.round(milliseconds * 10) / 10,
          ...(client !== undefined && { client }),
          ...(source !== undefined && { source }),
          ...(ignored !== undefined && { ignored }),
          ...(runId !== undefined && { run_id: runId }),
          ...(duplicate !== undefined && { duplicate }),
          ...(problem !== undefined && { problem }),
        },
        'request',
      );
      metrics.requestAnswered(
        { route: routeOf(ctx as { _matchedRoute?: unknown }), method, status },
        milliseconds / 1000,
      );
    });
    await next();
  };
}

/** The pattern of the route, which the router leaves on the context. */
function routeOf({ _matchedRoute: route }: { readonly _matchedRoute?: unknown }): string {
  return typeof route === 'string' ? route : 'none';
}
