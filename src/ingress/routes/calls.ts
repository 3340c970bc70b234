import { readCall } from '../../contract/call-token.ts';
import { readCompletion } from '../../protocol/completion-request.ts';
import { readJson } from '../../protocol/json/read-json.ts';
import { ProblemError } from '../../protocol/problem-error.ts';
import type { RunClient } from '../../runs/run-client.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import type { Route } from '../route.ts';

export interface CallRouteDeps {
  readonly runs: Pick<RunClient, 'completeCall'>;
  readonly limits: BodyLimits;
  /** Secrets that sign the completion URLs of agents. */
  readonly completionSecrets?: readonly string[];
}

/** `/calls/:token`: agents that answer later post their answer here. The URL is the key, so that it is checked before the body is read. */
export function callRoutes({ runs, limits, completionSecrets = [] }: CallRouteDeps): Route[] {
  return [
    {
      method: 'POST',
      path: '/calls/:token',
      access: 'open',
      async handle(ctx) {
        const claim = readCall(ctx.params['token'] ?? '', completionSecrets);
        if (claim === undefined) {
          const fix = 'post to the URL that came with the task, unchanged.';
          throw new ProblemError('not_found', `This server has not signed this URL: ${fix}`);
        }
        ctx.state.runId = claim.workflowId;
        if (Date.now() > claim.expiresAt) throw over('The time of the call is up');
        const body = readJson(await readBody(ctx.req, ctx.res, limits));
        const answer = readCompletion(body, claim.maxAnswerBytes);
        if (!(await runs.completeCall(claim, answer))) throw over('The call does not wait for an answer any more');
        ctx.status = 200;
        ctx.body = { run_id: claim.workflowId, call: claim.call, taken: true };
      },
    },
  ];
}

function over(why: string): ProblemError {
  return new ProblemError(
    'call_over',
    `${why}: it was answered before, timed out, was canceled, or the agent was asked anew. Nothing was changed.`,
  );
}
