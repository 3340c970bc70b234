import type { Context } from 'koa';
import type { RunReply } from './run-client.ts';

/** Seconds after which the first poll of a new run is worth while. */
const FIRST_POLL = '1';

/** Answers an accepted delivery: 202 with the run, and whether it was there before. */
export function answerRun(ctx: Pick<Context, 'status' | 'set' | 'body'>, { run, unchanged }: RunReply): void {
  ctx.status = 202;
  ctx.set('Location', run.links.self);
  ctx.set('Retry-After', FIRST_POLL);
  if (unchanged) ctx.set('Idempotent-Replayed', 'true');
  ctx.body = run;
}
