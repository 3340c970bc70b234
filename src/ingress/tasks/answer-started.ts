import type { RunReply } from '../../runs/run-reply.ts';
import type { RequestContext } from '../route.ts';

/** Seconds after which a first poll of a new run is worthwhile. */
const FIRST_POLL = '1';

/**
 * Tells in headers and for the log where a run is and whether it existed before; of several runs, whether all of them did.
 *
 * @param listed whether the body lists the runs, so that there is no one place. Default: no
 */
export function answerStarted(ctx: RequestContext, replies: readonly RunReply[], listed = false): void {
  const [first, ...more] = replies;
  if (first === undefined) return;
  const isReplay = replies.every(({ unchanged }) => unchanged);
  ctx.state.duplicate = isReplay;
  ctx.state.runId = first.run.id;
  if (more.length > 0) ctx.state.runs = replies.length;
  if (!listed) ctx.set('Location', first.run.links.self);
  if (replies.some(({ differs }) => differs === true)) ctx.state.bodyDiffers = true;
  ctx.set('Retry-After', FIRST_POLL);
  if (isReplay) ctx.set('Idempotent-Replayed', 'true');
}
