import type { Middleware } from 'koa';

/** Answers hold private text: nobody may store them or guess another type. */
export function securityHeaders(): Middleware {
  return async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.set('X-Content-Type-Options', 'nosniff');
    await next();
  };
}
