import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Middleware } from 'koa';
import { type ProblemCode, ProblemError, problemRetryAfter, toProblem } from '../../protocol/problems.ts';
import type { IngressLimits, IngressLogger, RequestState } from '../app-deps.ts';
import { answerAndClose } from '../http/answer-and-close.ts';

/** RFC 9110 section 15.5.2: a 401 names the scheme that would be accepted. */
const CHALLENGE: Partial<Record<ProblemCode, string>> = {
  signature_missing: 'Signature',
  signature_invalid: 'Signature',
  timestamp_out_of_window: 'Signature',
  api_key_missing: 'Bearer',
  api_key_invalid: 'Bearer error="invalid_token"',
};

/**
 * Answers whatever a request failed with as RFC 9457 problem details.
 *
 * Only a `ProblemError` speaks to the caller; anything else is logged with the request id and answered blandly. Where
 * part of the body is still on its way the connection is closed, for nobody will read it.
 */
export function errorResponder(logger: IngressLogger, limits: IngressLimits): Middleware<RequestState> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const { requestId } = ctx.state;
      if (!(error instanceof ProblemError)) logger.error({ request_id: requestId, err: error }, 'request failed');
      const problem = toProblemError(error);
      ctx.state.problem = problem.code;
      const body = toProblem(problem.code, problem.detail, {
        request_id: requestId,
        ...(problem.errors && { errors: problem.errors }),
      });
      const retryAfter = problemRetryAfter(problem.code);
      const challenge = CHALLENGE[problem.code];
      // Whoever knows better has said so already.
      if (retryAfter !== undefined && !ctx.res.hasHeader('Retry-After')) ctx.set('Retry-After', String(retryAfter));
      if (challenge !== undefined) ctx.set('WWW-Authenticate', challenge);
      ctx.status = body.status;
      ctx.type = 'application/problem+json';
      ctx.body = JSON.stringify(body);
      if (!(await isComplete(ctx.req))) answerAndClose(ctx, limits);
    }
  };
}

/**
 * Whether nothing of the request is still on its way. What came in one piece with its headers is read a moment later than
 * they are: to wait for that keeps the connection, which under a flood would cost more than the refusal.
 */
async function isComplete(req: IncomingMessage): Promise<boolean> {
  if (!req.complete) await setImmediate();
  return req.complete;
}

function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError('internal_error', 'Try again; if it recurs, tell the operator the request_id.');
}
