export type Attributes = Readonly<Record<string, string | number>>;

export interface SpanStart {
  readonly name: string;
  /** `server` answers a request, `client` sends one. */
  readonly kind: 'server' | 'client';
  /** Never a task's text, an answer, a URL's query or a secret. */
  readonly attributes: Attributes;
  /** When it began, in milliseconds since the epoch. Default: now. */
  readonly startedAt?: number;
  /** The headers of the request that it answers. Whether the trace is sampled is decided here, whatever they say. */
  readonly from?: TraceHeaders;
}

/** The headers of W3C Trace Context, as far as they are there. */
export interface TraceHeaders {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** A span that has begun and not ended. */
export interface OpenSpan {
  /** Undefined where nothing is traced. */
  readonly traceId: string | undefined;
  /** Headers for a request that belongs to the span. */
  readonly headers: Readonly<Record<string, string>>;
  set(attributes: Attributes): void;
}

/** Records what the process does as spans of traces. */
export interface Tracing {
  /** Does work in a span. An error ends it with `error.type`; its message stays out. */
  span<T>(start: SpanStart, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** The trace of the work at hand, for a line of the log. */
  traceId(): string | undefined;
}

const NO_SPAN: OpenSpan = { traceId: undefined, headers: {}, set: () => undefined };

/** Records nothing. */
export const NO_TRACING: Tracing = {
  span: (_start, work) => work(NO_SPAN),
  traceId: () => undefined,
};
