import { fieldProblem, type ProblemCode, ProblemError } from '../../protocol/problems.ts';
import { nameOf } from '../../contract/run.ts';
import type { AcceptedTask } from '../../runs/accepted-task.ts';
import type { RunClient } from '../../runs/run-client.ts';
import type { IgnoreWhy } from '../../sources/preset.ts';
import type { Source } from '../../sources/source.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import { NO_TRACING, type SpanStart, type Tracing } from '../../telemetry/tracing.ts';
import { ClientAdmission } from '../limits/client-admission.ts';
import { type Permit, ServerAdmission, type ServerAdmissionLimits } from '../limits/server-admission.ts';
import { StartQueue } from '../limits/start-queue.ts';
import { callerOf, type RequestContext, type Route, routeOf } from '../route.ts';
import type { AcceptDeps, VerifiedDelivery } from '../tasks/accept-task.ts';
import { parseSourceDelivery, type SourceDelivery, verifySourceDelivery } from '../tasks/source-delivery.ts';
import { parseDelivery, refuseOwnMessage } from '../tasks/parse-delivery.ts';
import { trustDelivery } from '../tasks/trust-delivery.ts';
import { createVerifyDelivery, type VerifyDeps } from '../tasks/verify-delivery.ts';
import type { RunWaits } from './run-waits.ts';

export interface TaskRouteDeps extends AcceptDeps, Pick<VerifyDeps, 'now'> {
  readonly runs: Pick<RunClient, 'start'>;
  readonly limits: BodyLimits & ServerAdmissionLimits;
  /** A second path for tasks beside `/webhook`, such as `/invoke`. */
  readonly endpointPath: string;
  /** The URL by which senders call this server. */
  readonly publicUrl?: string;
  /** The configured sources, as `compileSources` makes them. Default: none. */
  readonly sources?: ReadonlyMap<string, Source>;
  readonly metrics: DeliveryMetrics;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing;
}

/** The outcome of a delivery. `code` is the problem in the response, or why an event started nothing. */
export type DeliveryJudgement =
  | { readonly result: 'accepted' | 'duplicate'; readonly client: string; readonly source: string }
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
  const record = (ctx: RequestContext, task: AcceptedTask, permit: Permit): Promise<void> =>
    recordTask(ctx, task, { ...deps, starts, permit });
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
      await admission.admit(ctx, delivery.client, async () => record(ctx, await parseDelivery(delivery, deps), permit));
    });
    await waits.preferOutcome(ctx);
  };
  const takeSigned = (ctx: RequestContext): Promise<void> =>
    takeTask(ctx, (body) => verifyDelivery(ctx.req.headersDistinct, body, ctx.params['client']));
  const takeTrusted = (ctx: RequestContext): Promise<void> =>
    takeTask(ctx, (body) => trustDelivery(callerOf(ctx), ctx.req.headersDistinct, body));

  const takeEvent = (ctx: RequestContext, source: Source): Promise<void> =>
    admit(ctx, source.name, async (permit) => {
      const limits = { ...deps.limits, body: source.bodyLimit ?? deps.limits.body };
      const body = await readBody(ctx.req, ctx.res, limits, permit.take);
      const { method = '', headersDistinct: headers, url = '' } = ctx.req;
      const delivery = verifySourceDelivery(
        source,
        // A request line may have a whole URL, whose host the caller has chosen.
        { method, target: url.startsWith('/') ? url : '/', headers, body },
        { publicUrl: deps.publicUrl, now: (deps.now ?? Date.now)(), onRefusal: (why) => (ctx.state.refusal = why) },
      );
      ctx.state.client = delivery.client;
      await admission.admit(ctx, delivery.client, () =>
        answerEvent(ctx, delivery, deps, (task) => record(ctx, task, permit)),
      );
    });

  // The second form names the client, so that the secrets of no other are tried.
  const paths = [...new Set(['/webhook', deps.endpointPath, '/webhook/:client'])];
  return [
    ...paths.map((path): Route => ({ method: 'POST', path, access: 'signed', handle: takeSigned })),
    { method: 'POST', path: '/v1/runs', access: 'apiKey', handle: takeTrusted },
    ...[...(deps.sources?.values() ?? [])].flatMap((source): Route[] => [
      {
        method: 'POST',
        path: source.path,
        access: 'signed',
        documentedAs: '/hooks/{source}',
        handle: (ctx) => takeEvent(ctx, source),
      },
      ...(source.preset.grantsOrigins === true ? [grantOriginRoute(source.path)] : []),
    ]),
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

async function answerEvent(
  ctx: RequestContext,
  delivery: SourceDelivery,
  deps: TaskRouteDeps,
  record: (task: AcceptedTask) => Promise<void>,
): Promise<void> {
  const { client, source, from } = delivery;
  const parsed = await parseSourceDelivery(delivery, deps);
  if (parsed.kind === 'answer') {
    deps.metrics.deliveryJudged?.({ result: 'ignored', client, source, code: 'handshake' });
    ctx.body = parsed.body;
  } else if (parsed.kind === 'ignored') {
    ctx.state.ignored = parsed.reason;
    deps.metrics.eventIgnored?.({ source, why: parsed.why });
    deps.metrics.deliveryJudged?.({ result: 'ignored', client, source, code: parsed.why });
    ctx.body = { ignored: parsed.reason };
  } else {
    await record(parsed.task);
    const acknowledgement = from.preset.acknowledge?.(parsed.view, parsed.task.runId);
    if (acknowledgement === undefined) return;
    ctx.status = 200;
    ctx.body = acknowledgement;
  }
}

/** Seconds after which a first poll of a new run is worthwhile. */
const FIRST_POLL = '1';

/** Records an accepted task, counts it, and answers 202 with the run and whether it existed before. */
async function recordTask(
  ctx: RequestContext,
  task: AcceptedTask,
  {
    runs,
    metrics,
    starts,
    permit,
    tracing = NO_TRACING,
  }: Pick<TaskRouteDeps, 'runs' | 'metrics' | 'tracing'> & { readonly starts: StartQueue; readonly permit: Permit },
): Promise<void> {
  ctx.state.runId = task.runId;
  const { client, source } = task.input;
  const { run, unchanged } = await tracing.span(toSpan(ctx, task), (span) => {
    if (span.traceId !== undefined) ctx.state.traceId = span.traceId;
    return starts.take(client, (waitedMs) => runs.start(task, permit.holdUntil, waitedMs));
  });
  ctx.state.duplicate = unchanged;
  metrics.deliveryJudged?.({ result: unchanged ? 'duplicate' : 'accepted', client, source });
  if (!unchanged) metrics.runStarted?.({ client, agent: nameOf(task.input) });
  ctx.status = 202;
  ctx.set('Location', run.links.self);
  ctx.set('Retry-After', FIRST_POLL);
  if (unchanged) ctx.set('Idempotent-Replayed', 'true');
  ctx.body = run;
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
