/**
 * Tracing by OpenTelemetry. Nothing imports this module unless an operator asks for traces: its packages are optional.
 */
import {
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  DiagLogLevel,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { hrTimeDuration, millisToHrTime, TraceState, W3CTraceContextPropagator } from '@opentelemetry/core';
import { detectResourcesSync, envDetectorSync, Resource } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  RandomIdGenerator,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { parseTraceparent, type WorkflowSpan } from '../contract/workflow-trace.ts';
import { within } from '../timing/within.ts';
import { isRecord } from '../values/is-record.ts';
import type { TraceSettings } from './read-trace-settings.ts';
import type { OpenSpan, TraceHeaders, Tracing } from './tracing.ts';

export interface OpenTelemetryOptions extends Pick<TraceSettings, 'exporter' | 'sampler' | 'ratio'> {
  readonly version: string;
  readonly logger: { warn(fields: object, message: string): void };
}

/** Tracing that runs, for a whole process. */
export interface OpenTelemetry extends Tracing {
  /** Records the span of a workflow, whose id the workflow has chosen. */
  workflowEnded(span: WorkflowSpan): void;
  /** Sends what is left, for two seconds at most. Never rejects. */
  close(): Promise<void>;
}

const NAME = 'garudust-temporal';
const CLOSE_MS = 2000;
/** Between two lines about a collector that takes no spans. */
const WARN_EVERY_MS = 60_000;

/** Starts tracing; `@opentelemetry/api` serves everything else in this process from then on. */
export async function startOpenTelemetry(options: OpenTelemetryOptions): Promise<OpenTelemetry> {
  const { exporter, sampler, ratio, version, logger } = options;
  const { OTLPTraceExporter } = (await import(exporter)) as { OTLPTraceExporter: new () => SpanExporter };
  const resource = Resource.default()
    .merge(new Resource({ 'service.name': NAME, 'service.version': version }))
    .merge(detectResourcesSync({ detectors: [envDetectorSync] }));
  const processor = new QuietProcessor(new OTLPTraceExporter());
  const root = toSampler(sampler, ratio);
  const provider = new NodeTracerProvider({
    resource,
    // Always by the parent: each trace is decided once, where it enters.
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: [processor],
  });
  warnOfLosses(logger);
  provider.register({ propagator: new W3CTraceContextPropagator() });
  const scope = { name: NAME, version };
  const tracer = provider.getTracer(scope.name, scope.version);
  return {
    span({ name, kind, attributes, startedAt, from }, work) {
      const parent = from === undefined ? context.active() : readParent(from, root);
      const kindOf = { server: SpanKind.SERVER, client: SpanKind.CLIENT };
      const start = { kind: kindOf[kind], attributes, ...(startedAt !== undefined && { startTime: startedAt }) };
      return tracer.startActiveSpan(name, start, parent, (span) => doInSpan(span, work));
    },
    traceId: () => trace.getActiveSpan()?.spanContext().traceId,
    workflowEnded(ended) {
      const own = parseTraceparent(ended.traceparent);
      if (own === undefined) return;
      const { tracestate, parentSpanId, workflowType, failed } = ended;
      const [startTime, endTime] = [millisToHrTime(ended.startedAt), millisToHrTime(ended.endedAt)];
      processor.onEnd({
        name: `RunWorkflow:${workflowType}`,
        kind: SpanKind.INTERNAL,
        spanContext: () => ({
          traceId: own.traceId,
          spanId: own.spanId,
          traceFlags: Number.parseInt(own.flags, 16),
          ...(tracestate !== undefined && { traceState: new TraceState(tracestate) }),
        }),
        parentSpanId,
        startTime,
        endTime,
        duration: hrTimeDuration(startTime, endTime),
        status: { code: failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
        attributes: {},
        links: [],
        events: [],
        ended: true,
        resource,
        instrumentationLibrary: scope,
        droppedAttributesCount: 0,
        droppedEventsCount: 0,
        droppedLinksCount: 0,
      });
    },
    async close() {
      await within(CLOSE_MS, provider.shutdown(), () => undefined).catch(() => undefined);
      for (const api of [trace, context, propagation, diag]) api.disable();
    },
  };
}

/** Leaves out what errors say, which the interceptors of the SDK record: a failure of a team's own activity may quote a task. */
class QuietProcessor extends BatchSpanProcessor {
  override onEnd(span: ReadableSpan): void {
    const events = span.events.filter(({ name }) => name !== 'exception');
    super.onEnd(Object.assign(Object.create(span) as ReadableSpan, { events, status: { code: span.status.code } }));
  }
}

function toSampler(name: TraceSettings['sampler'], ratio: number): Sampler {
  if (name === 'traceidratio') return new TraceIdRatioBasedSampler(ratio);
  return name === 'always_on' ? new AlwaysOnSampler() : new AlwaysOffSampler();
}

const IDS = new RandomIdGenerator();

/**
 * The parent that a request's headers name, or none where they are malformed. The sender chooses neither whether the trace is
 * sampled nor, by its trace id, the outcome of a ratio.
 */
function readParent(headers: TraceHeaders, root: Sampler): Context {
  const read = new W3CTraceContextPropagator().extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
  const parent = trace.getSpanContext(read);
  if (parent === undefined) return ROOT_CONTEXT;
  const { decision } = root.shouldSample(ROOT_CONTEXT, IDS.generateTraceId(), '', SpanKind.SERVER, {}, []);
  const traceFlags = decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags });
}

async function doInSpan<T>(span: Span, work: (span: OpenSpan) => Promise<T>): Promise<T> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers, defaultTextMapSetter);
  const { traceId } = span.spanContext();
  try {
    return await work({ traceId, headers, set: (attributes) => void span.setAttributes(attributes) });
  } catch (error) {
    span.setAttribute('error.type', typeOf(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** What kind of error it is: ours have a code or a type, and others a name. Messages may quote an agent. */
function typeOf(error: unknown): string {
  const { code, type, name } = isRecord(error) || error instanceof Error ? (error as Record<string, unknown>) : {};
  return (
    ([code, type, name].find((value) => typeof value === 'string' && /^[\w.]{1,64}$/.test(value)) as string) ?? '_OTHER'
  );
}

/** OpenTelemetry reports only to `diag` that a collector takes no spans; its texts are long, and may quote the collector's answer. */
function warnOfLosses(logger: OpenTelemetryOptions['logger']): void {
  let warnedAt = -Infinity;
  const warn = (): void => {
    if (performance.now() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = performance.now();
    logger.warn(
      {},
      'traces are lost: the collector takes no spans; check OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS',
    );
  };
  const none = (): void => undefined;
  const told = { error: warn, warn: none, info: none, debug: none, verbose: none };
  diag.setLogger(told, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
}
