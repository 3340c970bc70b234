import type { Router } from '@koa/router';
import { ProblemError } from '../../protocol/problems.ts';
import type { RequestState } from '../app-deps.ts';

/** `GET /healthz`: the process serves. `GET /readyz`: Temporal answers too, so that runs can be recorded. */
export function healthRoutes(router: Router<RequestState>, ready: () => Promise<boolean>): void {
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    if (!(await ready())) throw new ProblemError('temporal_unavailable', 'Temporal does not answer.');
    ctx.body = { status: 'ready' };
  });
}
