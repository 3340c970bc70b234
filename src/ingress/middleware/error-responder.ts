import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Context, Middleware } from 'koa';
import { ProblemError, toProblem } from '../../protocol/problem-error.ts';
import { type ProblemCode, problemRetryAfter } from '../../protocol/problems.ts';
import type { RequestState } from '../route.ts';
import type { IngressLogger } from './access-log.ts';

/** How a connection is closed whose request is still arriving. */
export interface CloseLimits {
  /** How many more bytes are read and discarded. */
  readonly body: number;
  /** How long they are read, in milliseconds. */
  readonly linger: number;
}

/** RFC 9110 section 15.5.2: a 401 names the scheme that would be accepted. */
const CHALLENGE: Partial<Record<ProblemCode, string>> = {
  signature_missing: 'Signature',
  signature_invalid: 'Signature',
  timestamp_out_of_window: 'Signature',
  api_key_missing: 'Bearer',
  api_key_invalid: 'Bearer error="invalid_token"',
};

/**
 * Answers a failed request with RFC 9457 problem details.
 *
 * The caller sees the text of a `ProblemError` only. Any other error is logged with the request id and answered with
 * `internal_error`. If part of the body is still arriving, the connection is closed, because nothing will read it.
 */
export function errorResponder(logger: IngressLogger, limits: CloseLimits): Middleware<RequestState> {
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
      // Whoever refused the request may have set a more exact value.
      if (retryAfter !== undefined && !ctx.res.hasHeader('Retry-After')) ctx.set('Retry-After', String(retryAfter));
      if (challenge !== undefined) ctx.set('WWW-Authenticate', challenge);
      ctx.status = body.status;
      const page = ctx.accepts('html', 'application/problem+json', 'json') === 'html' && ctx.state.renderProblem;
      ctx.type = page ? 'text/html; charset=utf-8' : 'application/problem+json';
      ctx.body = page ? page(body) : JSON.stringify(body);
      if (!(await isComplete(ctx.req))) answerAndClose(ctx, limits);
    }
  };
}

/**
 * Whether the whole request has arrived. A body that came with its headers is read a moment later than they are. Waiting for
 * it keeps the connection open, which under a flood costs less than a new one.
 */
async function isComplete(req: IncomingMessage): Promise<boolean> {
  if (!req.complete) await setImmediate();
  return req.complete;
}

function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError('internal_error', 'Retry; if it happens again, give the operator the request_id.');
}

/**
 * Sends the response in `ctx` before the request is complete, then closes the connection.
 *
 * Closing at once would reset the connection, and a sender that is still sending would lose the response. So the response is
 * sent first, incoming bytes are discarded up to the limits, and then the connection is closed.
 */
function answerAndClose(ctx: Pick<Context, 'req' | 'res' | 'body' | 'respond' | 'method'>, limits: CloseLimits): void {
  const { req, res } = ctx;
  ctx.respond = false;
  res.shouldKeepAlive = false;
  if (ctx.method === 'HEAD') res.flushHeaders();
  else res.write(ctx.body);
  let discarded = 0;
  const close = (): void => {
    clearTimeout(timer);
    req.off('data', onData).off('end', close).off('close', close);
    res.end();
  };
  const onData = (chunk: Buffer): void => {
    discarded += chunk.length;
    if (discarded > limits.body) close();
  };
  const timer = setTimeout(close, limits.linger);
  req.on('data', onData).on('end', close).on('close', close);
}
