import type { Context } from 'koa';
import type { IngressLimits } from '../app-deps.ts';

/**
 * Sends the answer that stands in `ctx` although the request is not complete, and closes the connection.
 *
 * Closing at once would reset the connection, and a sender that is still sending would lose the answer. So the answer
 * goes out first, what still comes is thrown away for a short time and at most one body's length, and then it closes.
 */
export function answerAndClose(
  ctx: Pick<Context, 'req' | 'res' | 'body' | 'respond' | 'method'>,
  limits: IngressLimits,
): void {
  const { req, res } = ctx;
  ctx.respond = false;
  res.shouldKeepAlive = false;
  if (ctx.method === 'HEAD') res.flushHeaders();
  else res.write(ctx.body);
  let thrownAway = 0;
  const close = (): void => {
    clearTimeout(timer);
    req.off('data', onData).off('end', close).off('close', close);
    res.end();
  };
  const onData = (chunk: Buffer): void => {
    thrownAway += chunk.length;
    if (thrownAway > limits.body) close();
  };
  const timer = setTimeout(close, limits.linger);
  req.on('data', onData).on('end', close).on('close', close);
}
