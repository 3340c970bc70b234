import { Router, type RouterContext } from '@koa/router';
import type { Middleware } from 'koa';

/** What travels with a request through middleware and route. */
export interface RequestState {
  requestId: string;
  /** Set once the caller is authenticated. */
  client?: string;
  /** Of a delivery: `webhook`, or the name of the configured source. */
  source?: string;
  /** Why an event started nothing. */
  ignored?: string;
  /** Of several runs the first. */
  runId?: string;
  /** How many runs the events of one delivery are, where they are several. */
  runs?: number;
  /** When the request began, in milliseconds since the epoch. */
  startedAt?: number;
  /** The trace that a delivery belongs to, where deliveries are traced. */
  traceId?: string;
  /** Whether the run of a delivery existed before, or all of several. */
  duplicate?: boolean;
  /** Whether a repeat of an event has another body than the run was started with. */
  bodyDiffers?: true;
  /** Why the proof of a delivery does not hold; the response does not tell. */
  refusal?: string;
  /** Code of the problem in the response. */
  problem?: string;
  /** Writes a problem as a page, where a person and no program reads the response. */
  renderProblem?: (problem: { readonly code: string; readonly status: number }) => string;
}

export type RequestContext = RouterContext<RequestState>;

/** The client of a request on a route with access `apiKey`. */
export function callerOf({ state }: RequestContext): string {
  if (state.client === undefined) throw new Error('a route for API keys was reached without authentication');
  return state.client;
}

/** A route. The router is built from such rows, and a test compares them with the OpenAPI document. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS';
  /** Pattern of the path, such as `/v1/runs/:id`. */
  readonly path: string;
  /** `apiKey` is checked before `handle`; `signed` is checked by `handle`, because it needs the body. */
  readonly access: 'open' | 'apiKey' | 'signed';
  readonly handle: (ctx: RequestContext) => void | Promise<void>;
  /** The path in the OpenAPI document where it differs from `path`; false for a route that callers need not know. */
  readonly documentedAs?: string | false;
}

/**
 * Builds a router from its routes.
 *
 * @param authenticate guards the routes with access `apiKey`
 */
export function createRouter(routes: readonly Route[], authenticate?: Middleware<RequestState>): Router<RequestState> {
  const router = new Router<RequestState>({ sensitive: true });
  for (const { method, path, access, handle } of routes) {
    const run = async (ctx: RequestContext): Promise<void> => handle(ctx);
    if (access !== 'apiKey') router.register(path, [method], run);
    else if (authenticate === undefined) throw new Error(`${path} needs authentication, and the router has none`);
    else router.register(path, [method], [authenticate, run]);
  }
  return router;
}

/** The pattern of the route, which the router leaves on the context. */
export function routeOf({ _matchedRoute: route }: { readonly _matchedRoute?: unknown }): string {
  return typeof route === 'string' ? route : 'none';
}
