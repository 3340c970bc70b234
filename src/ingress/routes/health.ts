import type { Router } from '@koa/router';
import { ProblemError } from '../../protocol/problems.ts';
import type { AppDeps, RequestState } from '../app-deps.ts';

/** What health is told by. */
export interface Health extends Pick<AppDeps, 'agentsAtFault'> {
  readonly ready: () => Promise<boolean>;
}

/**
 * `GET /healthz`: the process serves. `GET /readyz`: Temporal answers too, so that runs can be recorded. Agents at fault
 * are told there and change nothing: to take a task is not to run it.
 */
export function healthRoutes(router: Router<RequestState>, { ready, agentsAtFault = () => [] }: Health): void {
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    if (!(await ready())) throw new ProblemError('temporal_unavailable', 'Temporal does not answer.');
    const faults = agentsAtFault();
    ctx.body = { status: 'ready', ...(faults.length > 0 && { agents_at_fault: faults }) };
  });
}
