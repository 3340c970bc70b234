import { createHash } from 'node:crypto';
import { type AnswerClaim, readAnswerLink } from '../../contract/answer-link.ts';
import { parseInputRequest } from '../../protocol/input-request.ts';
import { ProblemError } from '../../protocol/problem-error.ts';
import type { AskedRun } from '../../runs/answer-question.ts';
import type { RunClient } from '../../runs/run-client.ts';
import { type AnswerForm, explainForm } from '../answer-page/answer-form.ts';
import { ANSWER_STYLE } from '../answer-page/answer-style.ts';
import { type Notice, renderNotice, renderQuestion, toMinutes } from '../answer-page/render-question.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import type { RequestContext, Route } from '../route.ts';

export interface AnswerRouteDeps {
  readonly runs: Pick<RunClient, 'readAsked' | 'answer'>;
  readonly limits: BodyLimits;
  /** Secrets of the links. Default: none, so that there are no links. */
  readonly answerLinkSecrets?: readonly string[] | undefined;
}

/** The page loads its stylesheet and sends its form here, and nothing else. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** The name contains a hash of the content, so that caches may keep the file forever. */
const STYLESHEET = `${createHash('sha256').update(ANSWER_STYLE).digest('hex').slice(0, 16)}.css`;

/** The longest answer, name and comment, in characters that a form writes with nine bytes each. */
const MAX_FORM_BYTES = 128 * 1024;

/** Who answers, where they do not say. */
const BY_LINK = 'somebody with the link';

const NOT_OURS: Notice = {
  title: 'This link does not work',
  text: 'It is not complete, or not one of ours. Open it exactly as you got it.',
};
const OVER: Notice = {
  title: 'This link has expired',
  text: 'The question was settled, its time is up, or the run has ended. There is nothing left to answer here.',
};
const BUSY: Notice = {
  title: 'Try again in a moment',
  text: 'Your answer could not be taken just now. Send the same answer again: it counts once.',
};

/**
 * `/answers/:token`: a person answers a question of a run without a login. The link is the key, so that it is checked before anything is
 * read. `GET` and `HEAD` decide nothing, whoever prefetches the link; only `POST` does.
 */
export function answerRoutes({ runs, limits, answerLinkSecrets = [] }: AnswerRouteDeps): Route[] {
  const formLimits = { ...limits, body: Math.min(limits.body, MAX_FORM_BYTES) };
  const style = Buffer.from(ANSWER_STYLE);
  /** What the link of a request asks. */
  const open = async (ctx: RequestContext): Promise<{ readonly claim: AnswerClaim; readonly run: AskedRun }> => {
    secure(ctx);
    const claim = readAnswerLink(ctx.params['token'] ?? '', answerLinkSecrets);
    if (claim === undefined) throw new ProblemError('not_found', NOT_OURS.text);
    ctx.state.runId = claim.runId;
    if (Date.now() > claim.expiresAt) throw over();
    const run = await runs.readAsked(claim);
    if (run === undefined) throw over();
    return { claim, run };
  };
  return [
    {
      method: 'GET',
      path: `/answers/${STYLESHEET}`,
      access: 'open',
      documentedAs: false,
      handle(ctx) {
        ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
        ctx.type = 'text/css; charset=utf-8';
        ctx.body = style;
      },
    },
    {
      method: 'GET',
      path: '/answers/:token',
      access: 'open',
      async handle(ctx) {
        const { run } = await open(ctx);
        const { question, summary } = run;
        if (question.state === 'open') sendHtml(ctx, renderQuestion(question, { summary, stylesheet: STYLESHEET }));
        else sendHtml(ctx, renderNotice(tellSettled(run), STYLESHEET));
      },
    },
    {
      method: 'POST',
      path: '/answers/:token',
      access: 'open',
      async handle(ctx) {
        const { claim, run } = await open(ctx);
        const { question, client, summary } = run;
        const form = await readForm(ctx, formLimits);
        const parsed = parseInputRequest({ ...form, question: question.id });
        const ask = (fields: readonly string[]): void => {
          ctx.status = 422;
          const problem = explainForm(fields, form, question);
          sendHtml(ctx, renderQuestion(question, { summary, problem, form, stylesheet: STYLESHEET }));
        };
        if (!parsed.ok) {
          ask(parsed.errors.map(({ field }) => field));
          return;
        }
        try {
          const { by = BY_LINK, comment, answer } = parsed.request;
          const told = {
            question: question.id,
            answer,
            by,
            via: 'link',
            ...(comment !== undefined && { comment }),
          } as const;
          await runs.answer(claim.runId, client, told);
          sendHtml(ctx, renderNotice({ title: 'Thank you', text: 'Your answer counts:', answer }, STYLESHEET));
        } catch (error) {
          if (!(error instanceof ProblemError)) throw error;
          if (error.code === 'invalid_parameter' && question.state === 'open') ask(question.choices ? ['answer'] : []);
          else if (error.code === 'already_answered' || error.code === 'not_asked') await tellLate(ctx, claim);
          else throw error;
        }
      },
    },
  ];

  /** Who was first, and not with what: that is between them and the run. A run may end with the first answer, and asks nothing then. */
  async function tellLate(ctx: RequestContext, claim: AnswerClaim): Promise<void> {
    const now = await runs.readAsked(claim);
    if (now === undefined) throw over();
    ctx.status = 409;
    sendHtml(ctx, renderNotice(tellSettled(now), STYLESHEET));
  }
}

/** @throws ProblemError `link_over` for a question that has no answer and gets none */
function tellSettled({ question: { state, by, answeredAt } }: AskedRun): Notice {
  if (answeredAt === undefined) throw over();
  if (state === 'expired') {
    return {
      title: 'The time is up',
      text: `Nobody answered before ${toMinutes(answeredAt)}, and the default counts.`,
    };
  }
  const text = `answered at ${toMinutes(answeredAt)}. The first answer counts.`;
  return { title: 'Answered before', name: by, text };
}

function over(): ProblemError {
  return new ProblemError('link_over', OVER.text);
}

/** What holds for every response to a link, a refusal included: nobody may frame, index or keep it, and no address leaks. */
function secure(ctx: RequestContext): void {
  ctx.set('Content-Security-Policy', POLICY);
  ctx.set('X-Frame-Options', 'DENY');
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.set('X-Robots-Tag', 'noindex, nofollow');
  ctx.state.renderProblem = ({ code, status }) => renderNotice(toNotice(code, status), STYLESHEET);
}

function toNotice(code: string, status: number): Notice {
  if (code === 'not_found') return NOT_OURS;
  if (code === 'link_over') return OVER;
  if (status === 503 || status === 429 || status === 408) return BUSY;
  return { title: 'That did not work', text: 'Open the link again, and send the answer from there.' };
}

function sendHtml(ctx: RequestContext, html: string): void {
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = html;
}

/** The fields of a form that are filled in. Browsers write a new line as two characters. */
async function readForm(ctx: RequestContext, limits: BodyLimits): Promise<AnswerForm> {
  if (ctx.is('application/x-www-form-urlencoded') === false) {
    throw new ProblemError('unsupported_media_type', 'Only the form of the page is taken here.');
  }
  const fields = new URLSearchParams((await readBody(ctx.req, ctx.res, limits)).toString('utf8'));
  const filled = ['answer', 'by', 'comment'].map((name) => [name, fields.get(name)?.replaceAll('\r\n', '\n') ?? '']);
  return Object.fromEntries(filled.filter(([, value]) => value?.trim() !== ''));
}
