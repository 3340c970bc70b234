import { ProblemError } from '../../protocol/problem-error.ts';
import type { ProblemCode } from '../../protocol/problems.ts';
import { nameOf } from '../../contract/run.ts';
import type { AcceptedTask } from '../../runs/accepted-task.ts';
import type { RunClient } from '../../runs/run-client.ts';
import type { RunReply } from '../../runs/run-reply.ts';
import type { IgnoreWhy } from '../../sources/preset.ts';
import type { Source } from '../../sources/source.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import { NO_TRACING, type SpanStart, type Tracing } from '../../telemetry/tracing.ts';
import { ClientAdmission } from '../limits/client-admission.ts';
import { type Permit, ServerAdmission, type ServerAdmissionLimits } from '../limits/server-admission.ts';
import { StartQueue } from '../limits/start-queue.ts';
import { callerOf, type RequestContext, type Route, routeOf } from '../route.ts';
import type { AcceptDeps, VerifiedDelivery } from '../tasks/accept-task.ts';
import { answerStarted } from '../tasks/answer-started.ts';
import type { ProofDeps } from '../tasks/judge-proof.ts';
import { parseDelivery, refuseOwnMessage } from '../tasks/parse-delivery.ts';
import { trustDelivery } from '../tasks/trust-delivery.ts';
import { createVerifyDelivery, type VerifyDeps } from '../tasks/verify-delivery.ts';
import { eventRoutes, type StartTask } from './events.ts';
import type { RunWaits } from './run-waits.ts';

export interface TaskRouteDeps extends AcceptDeps, Pick<VerifyDeps, 'now'>, Pick<ProofDeps, 'keyDocuments'> {
  readonly runs: Pick<RunClient, 'start'>;
  readonly limits: BodyLimits & ServerAdmissionLimits;
  /** A second path for tasks beside `/webhook`, such as `/invoke`. */
  readonly endpointPath: string;
  /** The URL by which senders call this server. */
  readonly publicUrl?: string;
  /** The configured sources, as `compileSources` makes them. Default: none. */
  readonly sources?: ReadonlyMap<string, Source>;
  /** Asks for a URL by which a sender has its subscription confirmed. Default: none is asked for. */
  readonly confirm?: (url: string) => Promise<boolean>;
  /** Keeps a secret that a sender has posted for a person to read. Default: such a handshake fails. */
  readonly keepSecret?: (source: string, secret: string) => Promise<void>;
  readonly metrics: DeliveryMetrics;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing;
}

/** The outcome of a delivery. `code` is the problem in the response, why an event started nothing, or what is odd about a repeat. */
export type DeliveryJudgement =
  | { readonly result: 'accepted'; readonly client: string; readonly source: string }
  | { readonly result: 'duplicate'; readonly client: string; readonly source: string; readonly code?: 'body_differs' }
  | { readonly result: 'ignored'; readonly client: string; readonly source: string; readonly code: IgnoreWhy }
  | { readonly result: 'refused'; readonly client?: string; readonly source: string; readonly code: ProblemCode };

export interface DeliveryMetrics {
  /** A verified event of a configured source started nothing. */
  eventIgnored?(labels: { source: string; why: IgnoreWhy }): void;
  /** Called once for every delivery. */
  deliveryJudged?(delivery: DeliveryJudgement): void;
  /** A new run was recorded. */
  runStarted?(labels: { client: string; agent: string }): void;
}

/**
 * `POST /webhook`, the same with the id of a client, the configured second path, `POST /v1/runs` for the holder of an API key, and
 * `POST /hooks/:source` for each source. They share their limits. A delivery is verified, parsed and recorded before it is answered
 * with 202; the limits of deliveries do not count it while it waits for its outcome, those of `waits` do.
 */
export function taskRoutes(deps: TaskRouteDeps, waits: Pick<RunWaits, 'preferOutcome'>): Route[] {
  const server = new ServerAdmission(deps.limits);
  const starts = new StartQueue();
  const admission = new ClientAdmission(deps.clients);
  const verifyDelivery = createVerifyDelivery(deps);
  const start: StartTask = (ctx, task, permit) => startTask(ctx, task, { ...deps, starts, permit });
  const record = async (ctx: RequestContext, task: AcceptedTask, permit: Permit): Promise<void> => {
    const reply = await start(ctx, task, permit);
    answerStarted(ctx, [reply]);
    ctx.status = 202;
    ctx.body = reply.run;
  };
  const admit = (ctx: RequestContext, source: string, work: (permit: Permit) => Promise<void>): Promise<void> =>
    countRefusal(ctx, source, deps.metrics, () => server.admit(ctx.req, work));

  const takeTask = async (
    ctx: RequestContext,
    verify: (body: Buffer) => VerifiedDelivery | Promise<VerifiedDelivery>,
  ): Promise<void> => {
    await admit(ctx, 'webhook', async (permit) => {
      const delivery = await verify(await readBody(ctx.req, ctx.res, deps.limits, permit.take));
      ctx.state.client = delivery.client;
      refuseOwnMessage(delivery); // before the rate of the client counts it
      await admission.admit(
        ctx,
        delivery.client,
        async () => record(ctx, await parseDelivery(delivery, deps), permit),
        permit.whileWaiting,
      );
    });
    await waits.preferOutcome(ctx);
  };
  const takeSigned = (ctx: RequestContext): Promise<void> =>
    takeTask(ctx, (body) => verifyDelivery(ctx.req.headersDistinct, body, ctx.params['client']));
  const takeTrusted = (ctx: RequestContext): Promise<void> =>
    takeTask(ctx, (body) => trustDelivery(callerOf(ctx), ctx.req.headersDistinct, body));

  // The second form names the client, so that the secrets of no other are tried.
  const paths = [...new Set(['/webhook', deps.endpointPath, '/webhook/:client'])];
  return [
    ...paths.map((path): Route => ({ method: 'POST', path, access: 'signed', handle: takeSigned })),
    { method: 'POST', path: '/v1/runs', access: 'apiKey', handle: takeTrusted },
    ...eventRoutes({ ...deps, admit, admission, start }),
  ];
}

/** Sets `state.source`, and counts the delivery if it is refused, by the code of the problem. */
async function countRefusal(
  ctx: RequestContext,
  source: string,
  metrics: DeliveryMetrics,
  work: () => Promise<void>,
): Promise<void> {
  ctx.state.source = source;
  try {
    await work();
  } catch (error) {
    const { client } = ctx.state;
    const code = error instanceof ProblemError ? error.code : 'internal_error';
    metrics.deliveryJudged?.({ result: 'refused', source, code, ...(client !== undefined && { client }) });
    throw error;
  }
}

/** Records an accepted task, and counts it. */
async function startTask(
  ctx: RequestContext,
  task: AcceptedTask,
  {
    runs,
    metrics,
    starts,
    permit,
    tracing = NO_TRACING,
  }: Pick<TaskRouteDeps, 'runs' | 'metrics' | 'tracing'> & { readonly starts: StartQueue; readonly permit: Permit },
): Promise<RunReply> {
  ctx.state.runId = task.runId;
  const { client, source } = task.input;
  const reply = await tracing.span(toSpan(ctx, task), (span) => {
    if (span.traceId !== undefined) ctx.state.traceId = span.traceId;
    return starts.take(client, (waitedMs) => runs.start(task, permit.holdUntil, waitedMs));
  });
  const { unchanged, differs } = reply;
  if (!unchanged) {
    metrics.deliveryJudged?.({ result: 'accepted', client, source });
    metrics.runStarted?.({ client, agent: nameOf(task.input) });
    return reply;
  }
  const code = differs === true ? { code: 'body_differs' as const } : {};
  metrics.deliveryJudged?.({ result: 'duplicate', client, source, ...code });
  return reply;
}

/** The span of a delivery: only one of a known client has any, so that strangers cost a collector nothing. */
function toSpan(ctx: RequestContext, { runId, input }: AcceptedTask): SpanStart {
  const { traceparent, tracestate } = ctx.req.headers;
  const route = routeOf(ctx);
  const attributes = { 'http.request.method': ctx.method, 'http.route': route, 'garudust.run_id': runId };
  return {
    name: `${ctx.method} ${route}`,
    kind: 'server',
    attributes: { ...attributes, 'garudust.client': input.client, 'garudust.source': input.source },
    ...(ctx.state.startedAt !== undefined && { startedAt: ctx.state.startedAt }),
    from: { traceparent: oneOf(traceparent), tracestate: oneOf(tracestate) },
  };
}

function oneOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}
