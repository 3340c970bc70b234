import type { Middleware } from 'koa';
import { ProblemError } from '../../protocol/problems.ts';
import type { IngressMetrics, RequestState } from '../app-deps.ts';

/** Names the source of a delivery in `state`, and counts the delivery when it is refused, by the code of the problem. */
export function countRefused(source: string, metrics: IngressMetrics): Middleware<RequestState> {
  return async (ctx, next) => {
    ctx.state.source = source;
    try {
      await next();
    } catch (error) {
      const { client } = ctx.state;
      const code = error instanceof ProblemError ? error.code : 'internal_error';
      metrics.deliveryJudged?.({ result: 'refused', source, code, ...(client !== undefined && { client }) });
      throw error;
    }
  };
}
