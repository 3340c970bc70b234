import { Router } from '@koa/router';
import Koa from 'koa';
import type { AppDeps, RequestState } from './app-deps.ts';
import { createDoors } from './limits/doors.ts';
import { accessLog } from './middleware/access-log.ts';
import { errorResponder } from './middleware/error-responder.ts';
import { noRoute } from './middleware/no-route.ts';
import { requestId } from './middleware/request-id.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { docsRoutes } from './routes/docs.ts';
import { healthRoutes } from './routes/health.ts';
import { hooksRoutes } from './routes/hooks.ts';
import { runEventsRoute } from './routes/run-events.ts';
import { runListRoute } from './routes/run-list.ts';
import { runsRoutes } from './routes/runs.ts';
import { webhookRoutes } from './routes/webhook.ts';

/**
 * The ingress as a Koa application: verifies, parses, records, answers. It listens nowhere; `serveIngress` does.
 *
 * @throws RangeError when the dependencies contradict each other
 */
export function createApp(deps: AppDeps): Koa<RequestState> {
  checkDeps(deps);
  const router = new Router<RequestState>({ sensitive: true });
  const doors = createDoors(deps);
  webhookRoutes(router, deps, doors);
  hooksRoutes(router, deps, doors);
  runListRoute(router, deps);
  runsRoutes(router, deps);
  runEventsRoute(router, deps);
  docsRoutes(router, deps);
  healthRoutes(router, {
    ready: () => deps.runs.ready(),
    ...(deps.agentsAtFault && { agentsAtFault: deps.agentsAtFault }),
  });

  const app = new Koa<RequestState>();
  app.on('error', (error: unknown) => deps.logger.error({ err: error }, 'answer failed'));
  app.use(requestId());
  app.use(securityHeaders());
  app.use(accessLog(deps.logger, deps.metrics));
  app.use(errorResponder(deps.logger, deps.limits));
  app.use(router.routes());
  app.use(noRoute());
  return app;
}

function checkDeps({ agents, defaultAgent, endpointPath }: AppDeps): void {
  if (!agents.has(defaultAgent)) {
    const names = [...agents.keys()].join(', ') || 'none';
    throw new RangeError(`The default agent "${defaultAgent}" is not configured: the agents are ${names}.`);
  }
  if (!/^(?:\/[\w.~-]+)+$/.test(endpointPath)) {
    throw new RangeError(`The endpoint path "${endpointPath}" is not a plain path: write it like /invoke.`);
  }
}
