import type { Middleware } from 'koa';
import type { LogFields } from '../../telemetry/log-fields.ts';
import { type RequestState, routeOf } from '../route.ts';

const MAX_PATH = 200;

/** What the ingress logs to; a pino logger fits. */
export interface IngressLogger {
  info<F extends object>(fields: LogFields<F>, message: string): void;
  error<F extends object>(fields: LogFields<F>, message: string): void;
}

export interface RequestMetrics {
  /** `route` is the pattern of the route, never the path, which keeps the number of series small. */
  requestAnswered(labels: { route: string; method: string; status: number }, seconds: number): void;
}

/**
 * Writes one log line and counts one request when the response is sent or the caller has disconnected. The line of a request that
 * started a run is the first of the run's own.
 *
 * It never logs body, headers or query string, because each of them can hold secrets.
 */
export function accessLog(logger: IngressLogger, metrics: RequestMetrics): Middleware<RequestState> {
  return async (ctx, next) => {
    const started = performance.now();
    ctx.state.startedAt = Date.now();
    ctx.res.once('close', () => {
      const milliseconds = performance.now() - started;
      const { requestId, client, source, ignored, runId, runs, traceId, duplicate, bodyDiffers, refusal, problem } =
        ctx.state;
      const { method } = ctx;
      // When the caller disconnects before the response begins, statusCode is only what would have been sent.
      const status = ctx.res.headersSent ? ctx.res.statusCode : 499;
      logger.info(
        {
          request_id: requestId,
          method,
          path: showPath(ctx.path),
          status,
          duration_ms: Math.round(milliseconds * 10) / 10,
          ...(client !== undefined && { client }),
          ...(source !== undefined && { source }),
          ...(ignored !== undefined && { ignored }),
          ...(runId !== undefined && { run_id: runId }),
          ...(runs !== undefined && { runs }),
          ...(traceId !== undefined && { trace_id: traceId }),
          ...(duplicate !== undefined && { duplicate }),
          ...(bodyDiffers !== undefined && { body_differs: bodyDiffers }),
          ...(refusal !== undefined && { refusal }),
          ...(problem !== undefined && { problem }),
        },
        duplicate === false ? 'run accepted' : 'request',
      );
      metrics.requestAnswered(
        { route: routeOf(ctx as { _matchedRoute?: unknown }), method, status },
        milliseconds / 1000,
      );
    });
    await next();
  };
}

/** The end of a completion URL, and of a link that answers, is its key. */
function showPath(path: string): string {
  return /^\/(?:calls|answers)\//.exec(path)?.[0].concat('…') ?? path.slice(0, MAX_PATH);
}
