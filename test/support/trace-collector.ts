import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import { startHttpServer } from './http-server.ts';

/** A span as OTLP/JSON has it, as far as tests read it. */
export interface CollectedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly status: { readonly code?: number };
}

interface TraceRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: CollectedSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[];
  }[];
}

/** A collector in memory that takes OTLP/JSON. */
export interface TraceCollector {
  /** Variables for whoever shall send spans here. The packages of OpenTelemetry read them from `process.env`. */
  readonly env: Readonly<Record<string, string>>;
  readonly spans: CollectedSpan[];
  /** Everything that arrived, as text. */
  readonly text: () => string;
}

/** Starts one, and sets its variables in `process.env` until the test ends. */
export async function startTraceCollector(t: TestContext, more: Record<string, string> = {}): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  let text = '';
  const take = async (request: IncomingMessage): Promise<void> => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(request, 'end');
    const body = Buffer.concat(chunks).toString();
    text += body;
    const { resourceSpans } = JSON.parse(body) as TraceRequest;
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
  };
  const url = await startHttpServer(t, (request, response) => {
    void take(request).then(() => response.setHeader('content-type', 'application/json').end('{}'));
  });
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    ...more,
  };
  const before = { ...process.env };
  Object.assign(process.env, env);
  t.after(() => {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
  return { env, spans, text: () => text };
}

/** The attributes of a span by name. */
export function attributesOf({ attributes }: CollectedSpan): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
