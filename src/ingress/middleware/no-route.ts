import type { Middleware } from 'koa';
import { ProblemError } from '../../protocol/problems.ts';

/** Stands behind the router: 405 with `Allow` where the path is known, else 404. */
export function noRoute(): Middleware {
  return (
    ctx: { readonly matched?: readonly { readonly methods: readonly string[] }[] } & Parameters<Middleware>[0],
  ) => {
    const allowed = [...new Set((ctx.matched ?? []).flatMap(({ methods }) => methods))];
    if (allowed.length === 0) throw new ProblemError('not_found', 'There is no such path here.');
    ctx.set('Allow', allowed.join(', '));
    throw new ProblemError('method_not_allowed', `${ctx.method} is not allowed here: use ${allowed.join(' or ')}.`);
  };
}
