import { randomUUID } from 'node:crypto';
import Koa, { type Middleware } from 'koa';
import type { Router } from '@koa/router';
import { ProblemError } from '../protocol/problem-error.ts';
import type { RunClient } from '../runs/run-client.ts';
import { accessLog, type IngressLogger, type RequestMetrics } from './middleware/access-log.ts';
import { authenticate } from './middleware/authenticate.ts';
import { type CloseLimits, errorResponder } from './middleware/error-responder.ts';
import { createRouter, type RequestState, type Route } from './route.ts';
import { DEFAULT_LIST_LIMITS, ListAdmission } from './limits/list-admission.ts';
import { createRunWaits } from './routes/run-waits.ts';
import { type AnswerRouteDeps, answerRoutes } from './routes/answers.ts';
import { type CallRouteDeps, callRoutes } from './routes/calls.ts';
import { type RunRouteDeps, runRoutes } from './routes/runs.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { type DocsDeps, docsRoutes, type Health, healthRoutes } from './routes/service.ts';
import { type TaskRouteDeps, taskRoutes } from './routes/tasks.ts';

/** What the public application needs: the sum of what its routes and its middleware take. */
export interface AppDeps
  extends
    TaskRouteDeps,
    Pick<Health, 'readiness'>,
    DocsDeps,
    Pick<CallRouteDeps, 'completionSecrets'>,
    Pick<AnswerRouteDeps, 'answerLinkSecrets'> {
  readonly runs: RunClient;
  readonly limits: TaskRouteDeps['limits'] & RunRouteDeps['limits'] & CloseLimits;
  readonly logger: IngressLogger;
  readonly metrics: TaskRouteDeps['metrics'] & RequestMetrics;
}

/** Every route of the public application. Where paths overlap, the first one wins. */
export function listRoutes(deps: AppDeps): Route[] {
  const waits = createRunWaits(deps);
  const lists = new ListAdmission({ ...DEFAULT_LIST_LIMITS, ...deps.limits });
  return [
    ...taskRoutes(deps, waits),
    ...runRoutes(deps, waits, lists),
    ...sessionRoutes(deps, lists),
    ...callRoutes(deps),
    ...answerRoutes(deps),
    ...docsRoutes(deps),
    ...healthRoutes({ readiness: deps.readiness }),
  ];
}

/**
 * The public application. It does not listen; `serveIngress` does.
 *
 * @throws RangeError when the dependencies contradict each other
 */
export function createApp(deps: AppDeps): Koa<RequestState> {
  checkDeps(deps);
  const router = createRouter(listRoutes(deps), authenticate(deps.clients));
  return compose(router, deps, [accessLog(deps.logger, deps.metrics)]);
}

export interface AdminDeps extends Health {
  /** The metrics in Prometheus' text format. */
  readonly metricsText: () => Promise<string>;
  readonly limits: CloseLimits;
  readonly logger: IngressLogger;
}

/** The application of the admin port: `GET /metrics`, `/healthz` and `/readyz`, without authentication. */
export function createAdminApp(deps: AdminDeps): Koa<RequestState> {
  const metrics: Route = {
    method: 'GET',
    path: '/metrics',
    access: 'open',
    async handle(ctx) {
      ctx.type = 'text/plain; version=0.0.4; charset=utf-8';
      ctx.body = await deps.metricsText();
    },
  };
  return compose(createRouter([metrics, ...healthRoutes(deps)]), deps);
}

function compose(
  router: Router<RequestState>,
  { logger, limits }: Pick<AdminDeps, 'logger' | 'limits'>,
  log: readonly Middleware<RequestState>[] = [],
): Koa<RequestState> {
  const app = new Koa<RequestState>();
  app.on('error', (error: unknown) => logger.error({ err: error }, 'sending the response failed'));
  for (const middleware of [requestId, securityHeaders, ...log]) app.use(middleware);
  app.use(errorResponder(logger, limits));
  app.use(router.routes());
  app.use(noRoute);
  return app;
}

/** Takes the caller's `X-Request-Id` if a log line can hold it, or creates one. The response repeats it. */
const requestId: Middleware<RequestState> = async (ctx, next) => {
  const given = ctx.get('X-Request-Id');
  ctx.state.requestId = /^[\w.:+/=@-]{1,128}$/.test(given) ? given : randomUUID();
  ctx.set('X-Request-Id', ctx.state.requestId);
  await next();
};

/** Responses hold private text: caches must not store them, and browsers must not guess their type. */
const securityHeaders: Middleware = async (ctx, next) => {
  ctx.set('Cache-Control', 'no-store');
  ctx.set('X-Content-Type-Options', 'nosniff');
  await next();
};

/** Runs when no route matched: 405 with `Allow` for a known path, otherwise 404. */
const noRoute: Middleware = (
  ctx: { readonly matched?: readonly { readonly methods: readonly string[] }[] } & Parameters<Middleware>[0],
) => {
  const allowed = [...new Set((ctx.matched ?? []).flatMap(({ methods }) => methods))];
  if (allowed.length === 0)
    throw new ProblemError('not_found', 'No route has this path: see /docs on the public port.');
  ctx.set('Allow', allowed.join(', '));
  throw new ProblemError('method_not_allowed', `${ctx.method} is not allowed here: use ${allowed.join(' or ')}.`);
};

function checkDeps({ agents, defaultAgent, endpointPath }: AppDeps): void {
  if (!agents.has(defaultAgent)) {
    const names = [...agents.keys()].join(', ') || 'none';
    throw new RangeError(`The default agent "${defaultAgent}" is not configured: the agents are ${names}.`);
  }
  if (!/^(?:\/[\w.~-]+)+$/.test(endpointPath)) {
    throw new RangeError(`The endpoint path "${endpointPath}" is not a plain path: use one like /invoke.`);
  }
}
