import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { type CallClaim, readCall } from '../../contract/call-token.ts';
import { readCompletion } from '../../protocol/completion-request.ts';
import { readJson } from '../../protocol/json/read-json.ts';
import { ProblemError } from '../../protocol/problem-error.ts';
import { MAX_PROGRESS_BYTES, readProgress } from '../../protocol/progress-request.ts';
import type { RunClient } from '../../runs/run-client.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import type { RequestContext, Route } from '../route.ts';

export interface CallRouteDeps {
  readonly runs: Pick<RunClient, 'completeCall' | 'postProgress'>;
  readonly limits: BodyLimits;
  /** Secrets that sign the completion URLs of agents. */
  readonly completionSecrets?: readonly string[];
}

/** For each call: every one is a write of Temporal's, and those who watch see one in 2 s. */
const PROGRESS_RATE = { count: 5, seconds: 5 };

/** `/calls/:token`: agents that answer later post their answer here, and their progress to `/calls/:token/progress`. The URL is the key, so that it is checked before the body is read. */
export function callRoutes({ runs, limits, completionSecrets = [] }: CallRouteDeps): Route[] {
  const rate = new RateLimiterMemory({ points: PROGRESS_RATE.count, duration: PROGRESS_RATE.seconds });
  const claimOf = (ctx: RequestContext): CallClaim => {
    const claim = readCall(ctx.params['token'] ?? '', completionSecrets);
    if (claim === undefined) {
      const fix = 'post to the URL that came with the task, unchanged.';
      throw new ProblemError('not_found', `This server has not signed this URL: ${fix}`);
    }
    ctx.state.runId = claim.workflowId;
    if (Date.now() > claim.expiresAt) throw over('The time of the call is up');
    return claim;
  };
  return [
    {
      method: 'POST',
      path: '/calls/:token',
      access: 'open',
      async handle(ctx) {
        const claim = claimOf(ctx);
        const body = readJson(await readBody(ctx.req, ctx.res, limits));
        const answer = readCompletion(body, claim.maxAnswerBytes);
        if (!(await runs.completeCall(claim, answer))) throw over('The call does not wait for an answer any more');
        ctx.status = 200;
        ctx.body = { run_id: claim.workflowId, call: claim.call, taken: true };
      },
    },
    {
      method: 'POST',
      path: '/calls/:token/progress',
      access: 'open',
      async handle(ctx) {
        const claim = claimOf(ctx);
        const body = Math.min(limits.body, MAX_PROGRESS_BYTES);
        const progress = readProgress(readJson(await readBody(ctx.req, ctx.res, { ...limits, body })));
        await spend(ctx, rate, `${claim.executionId}/${claim.activityId}/${claim.call}`);
        const end = await runs.postProgress(claim, progress);
        if (end === 'over') throw over('The call does not go on any more');
        ctx.status = 200;
        ctx.body = { run_id: claim.workflowId, call: claim.call, taken: end === 'taken' };
      },
    },
  ];
}

/** @throws ProblemError `rate_limited` */
async function spend(ctx: RequestContext, rate: RateLimiterMemory, key: string): Promise<void> {
  try {
    await rate.consume(key);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    ctx.set('Retry-After', String(Math.ceil(refused.msBeforeNext / 1000)));
    const { count, seconds } = PROGRESS_RATE;
    throw new ProblemError('rate_limited', `A call takes ${count} posts of progress in ${seconds} seconds: join them.`);
  }
}

function over(why: string): ProblemError {
  return new ProblemError(
    'call_over',
    `${why}: it was answered before, timed out, was canceled, or the agent was asked anew. Nothing was changed.`,
  );
}
