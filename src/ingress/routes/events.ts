import { fieldProblem, ProblemError } from '../../protocol/problem-error.ts';
import type { RunResource } from '../../protocol/run-resource.ts';
import type { AcceptedTask } from '../../runs/accepted-task.ts';
import type { RunReply } from '../../runs/run-reply.ts';
import { answerHandshake, answersGet } from '../../sources/handshakes.ts';
import type { Outcome } from '../../sources/preset.ts';
import type { Source } from '../../sources/source.ts';
import { readBody } from '../http/read-body.ts';
import { unpack } from '../http/unpack.ts';
import type { ClientAdmission } from '../limits/client-admission.ts';
import type { Permit } from '../limits/server-admission.ts';
import type { RequestContext, Route } from '../route.ts';
import { answerStarted } from '../tasks/answer-started.ts';
import { startAll } from '../tasks/start-all.ts';
import {
  answerUnverified,
  type IncomingDelivery,
  parseSourceDelivery,
  type SourceDelivery,
  verifySourceDelivery,
} from '../tasks/source-delivery.ts';
import type { TaskRouteDeps } from './tasks.ts';

/** Records an accepted task. */
export type StartTask = (ctx: RequestContext, task: AcceptedTask, permit: Permit) => Promise<RunReply>;

interface EventRouteDeps extends TaskRouteDeps {
  /** Does the work of a delivery of a source while it holds a permit of the process. */
  readonly admit: (ctx: RequestContext, source: string, work: (permit: Permit) => Promise<void>) => Promise<void>;
  readonly admission: Pick<ClientAdmission, 'admit'>;
  readonly start: StartTask;
}

/** `POST /hooks/:source` for each source, and `GET` and `OPTIONS` where its handshakes need them. */
export function eventRoutes(deps: EventRouteDeps): Route[] {
  return [...(deps.sources?.values() ?? [])].flatMap((source): Route[] => [
    {
      method: 'POST',
      path: source.path,
      access: 'signed',
      documentedAs: '/hooks/{source}',
      handle: (ctx) => takeEvents(ctx, source, deps),
    },
    ...(answersGet(source.handshakes) ? [handshakeRoute(source, deps)] : []),
    ...(source.preset.grantsOrigins === true ? [grantOriginRoute(source.path)] : []),
  ]);
}

async function takeEvents(ctx: RequestContext, source: Source, deps: EventRouteDeps): Promise<void> {
  await deps.admit(ctx, source.name, async (permit) => {
    const limits = { ...deps.limits, body: source.bodyLimit ?? deps.limits.body };
    const packed = await readBody(ctx.req, ctx.res, { ...limits, mayBePacked: true }, permit.take);
    const body = await unpack(packed, ctx.req.headers['content-encoding'], limits.body, permit.take);
    const incoming = readIncoming(ctx, body);
    const asked = answerUnverified(source, incoming);
    if (asked !== undefined) {
      deps.metrics.deliveryJudged?.({
        result: 'ignored',
        client: source.client,
        source: source.name,
        code: 'handshake',
      });
      await sendOutcome(ctx, source.name, asked, deps);
      return;
    }
    const delivery = await verifySourceDelivery(source, incoming, {
      publicUrl: deps.publicUrl,
      now: (deps.now ?? Date.now)(),
      onRefusal: (why) => (ctx.state.refusal = why),
      keyDocuments: deps.keyDocuments,
      whileWaiting: permit.whileWaiting,
    });
    ctx.state.client = delivery.client;
    await deps.admission.admit(
      ctx,
      delivery.client,
      () => answerEvents(ctx, delivery, permit, deps),
      permit.whileWaiting,
    );
  });
}

function readIncoming(ctx: RequestContext, body: Buffer): IncomingDelivery {
  const { method = '', headersDistinct: headers, url = '' } = ctx.req;
  // A request line may have a whole URL, whose host the caller has chosen.
  const target = url.startsWith('/') ? url : '/';
  return { method, target, query: new URLSearchParams(ctx.querystring), headers, body };
}

async function answerEvents(
  ctx: RequestContext,
  delivery: SourceDelivery,
  permit: Permit,
  deps: EventRouteDeps,
): Promise<void> {
  const { client, source, from } = delivery;
  const parsed = await parseSourceDelivery(delivery, deps);
  for (const event of parsed) {
    if (event.kind === 'task') continue;
    const why = event.kind === 'ignored' ? event.why : 'handshake';
    if (event.kind === 'ignored') deps.metrics.eventIgnored?.({ source, why });
    deps.metrics.deliveryJudged?.({ result: 'ignored', client, source, code: why });
  }
  const tasks = parsed.flatMap((event) => (event.kind === 'task' ? [event] : []));
  const [other] = parsed.flatMap((event) => (event.kind === 'task' ? [] : [event]));
  const [first] = tasks;
  if (first === undefined) {
    if (other !== undefined) {
      await confirmUrl(other, permit, deps);
      await sendOutcome(ctx, source, other, deps);
    }
    return;
  }
  const replies = await startAll(tasks, ({ task }) => deps.start(ctx, task, permit));
  answerStarted(ctx, replies, first.listed);
  const runs = replies.map(({ run }) => toSenderRun(run));
  const { status, body } = from.answer;
  const acknowledgement = from.preset.acknowledge?.(first.view, first.task.runId);
  ctx.status = status ?? (acknowledgement === undefined ? 202 : 200);
  if (ctx.status === 204 || body === 'empty') ctx.body = ctx.status === 204 ? null : '';
  else if (body !== 'run') ctx.body = body;
  else ctx.body = acknowledgement ?? (first.listed ? { runs } : runs[0]);
}

/** Asks for the URL that a handshake of a verified sender names. */
async function confirmUrl(
  outcome: Outcome,
  permit: Permit,
  { confirm }: Pick<EventRouteDeps, 'confirm'>,
): Promise<void> {
  if (outcome.kind !== 'answer' || outcome.confirm === undefined) return;
  if (confirm !== undefined && (await permit.whileWaiting(confirm(outcome.confirm)))) return;
  throw new ProblemError('sender_unreachable', 'The URL could not be confirmed: send the request again later.');
}

/** What a sender outside learns of a run. */
function toSenderRun({ id, status, links }: RunResource): object {
  return { id, workflow_id: id, status, links: { self: links.self } };
}

async function refuseSecret(source: string): Promise<never> {
  throw new Error(`the sender of ${source} posted its secret, which this server has nowhere to keep`);
}

/** Answers what starts nothing. */
async function sendOutcome(
  ctx: RequestContext,
  source: string,
  outcome: Outcome,
  { keepSecret = refuseSecret }: Pick<EventRouteDeps, 'keepSecret'>,
): Promise<void> {
  if (outcome.kind === 'refused') {
    throw new ProblemError('handshake_refused', 'The token of the handshake is not that of this source.');
  }
  ctx.status = 200;
  if (outcome.kind === 'ignored') {
    ctx.state.ignored = outcome.reason;
    ctx.body = { ignored: outcome.reason };
    return;
  }
  ctx.state.ignored = 'handshake';
  if (outcome.secret !== undefined) await keepSecret(source, outcome.secret);
  ctx.set(outcome.headers ?? {});
  if (typeof outcome.body === 'string') ctx.type = 'text/plain; charset=utf-8';
  ctx.body = outcome.body;
}

/** `GET`, and with it `HEAD`: what a sender asks before it sends. */
function handshakeRoute(source: Source, deps: EventRouteDeps): Route {
  return {
    method: 'GET',
    path: source.path,
    access: 'open',
    documentedAs: '/hooks/{source}',
    handle(ctx) {
      ctx.state.source = source.name;
      const raw = readIncoming(ctx, Buffer.alloc(0));
      const outcome = answerHandshake(source.handshakes, 'get', { raw, secrets: [] }) ?? REFUSED;
      return sendOutcome(ctx, source.name, outcome, deps);
    },
  };
}

const REFUSED: Outcome = { kind: 'refused' };

const ORIGIN = /^[\w.:*-]{1,253}$/;
const RATE = /^[1-9]\d{0,8}$/;

/**
 * Permits a sender of CloudEvents to deliver here. The sender still proves itself at each delivery.
 *
 * Source: CloudEvents, "HTTP 1.1 Web Hooks for Event Delivery" 1.0.2, section 4.
 */
function grantOriginRoute(path: string): Route {
  return {
    method: 'OPTIONS',
    path,
    access: 'open',
    documentedAs: false,
    handle(ctx) {
      ctx.set('Allow', 'POST, OPTIONS');
      ctx.status = 200;
      ctx.body = '';
      const origin = ctx.get('WebHook-Request-Origin');
      if (origin === '') return;
      if (!ORIGIN.test(origin)) {
        const field = 'WebHook-Request-Origin';
        const message = 'must be a host name such as events.example.com';
        throw fieldProblem('invalid_parameter', [{ field, message }]);
      }
      const rate = ctx.get('WebHook-Request-Rate');
      ctx.set('WebHook-Allowed-Origin', origin);
      ctx.set('WebHook-Allowed-Rate', RATE.test(rate) ? rate : '*');
    },
  };
}
