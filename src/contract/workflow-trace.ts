/** Where a workflow stands in a trace, as W3C Trace Context writes it (https://www.w3.org/TR/trace-context/). */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Two hexadecimal digits; the lowest bit says that the trace is sampled. */
  readonly flags: string;
}

/** The span of one execution of a workflow. Its times are milliseconds since the epoch. */
export interface WorkflowSpan {
  readonly traceparent: string;
  readonly tracestate?: string;
  readonly parentSpanId: string;
  readonly workflowType: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failed: boolean;
}

/** What a workflow tells its worker outside its history, where the worker traces. */
export type TraceSinks = {
  readonly garudustTrace: { workflowEnded(span: WorkflowSpan): void };
};

/** The Temporal header that carries a trace. The interceptors of `@temporalio/interceptors-opentelemetry` read and write it, too. */
export const TRACE_HEADER = '_tracer-data';

const TRACEPARENT = /^00-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})$/;

/** @returns undefined for anything but a valid `traceparent` of version 00 */
export function parseTraceparent(value: unknown): TraceParent | undefined {
  const [, traceId, spanId, flags] = (typeof value === 'string' ? TRACEPARENT.exec(value) : null) ?? [];
  return traceId === undefined || spanId === undefined || flags === undefined ? undefined : { traceId, spanId, flags };
}

export function formatTraceparent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${flags}`;
}

/**
 * The span id of an execution, from Temporal's id of it: the same at every replay and on every worker, without a random number
 * that a workflow on a worker without tracing would not draw.
 */
export function spanIdOf(executionId: string): string {
  return executionId.replaceAll('-', '').slice(-16);
}
