import { Router } from '@koa/router';
import Koa from 'koa';
import type { AppDeps, IngressLimits, IngressLogger, RequestState } from './app-deps.ts';
import { errorResponder } from './middleware/error-responder.ts';
import { noRoute } from './middleware/no-route.ts';
import { requestId } from './middleware/request-id.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { healthRoutes } from './routes/health.ts';

/** What the admin port shows. */
export interface AdminDeps extends Pick<AppDeps, 'agentsAtFault'> {
  /** The metrics in Prometheus' text format. */
  readonly metricsText: () => Promise<string>;
  readonly ready: () => Promise<boolean>;
  readonly limits: IngressLimits;
  readonly logger: IngressLogger;
}

/** The application of the admin port: `GET /metrics`, `/healthz` and `/readyz`. It has no authentication. */
export function createAdminApp(deps: AdminDeps): Koa<RequestState> {
  const router = new Router<RequestState>({ sensitive: true });
  router.get('/metrics', async (ctx) => {
    ctx.type = 'text/plain; version=0.0.4; charset=utf-8';
    ctx.body = await deps.metricsText();
  });
  healthRoutes(router, deps);

  const app = new Koa<RequestState>();
  app.on('error', (error: unknown) => deps.logger.error({ err: error }, 'answer failed'));
  app.use(requestId());
  app.use(securityHeaders());
  app.use(errorResponder(deps.logger, deps.limits));
  app.use(router.routes());
  app.use(noRoute());
  return app;
}
