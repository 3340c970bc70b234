/** The packages that tracing needs, which are optional peers of this one. */
const PACKAGES = [
  '@temporalio/interceptors-opentelemetry',
  '@opentelemetry/api',
  '@opentelemetry/core',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-node',
] as const;

/** The package that sends spans, by `OTEL_EXPORTER_OTLP_PROTOCOL`. */
const EXPORTERS = {
  'http/protobuf': '@opentelemetry/exporter-trace-otlp-proto',
  'http/json': '@opentelemetry/exporter-trace-otlp-http',
} as const;

/** Which of an operator's traces are sampled: `OTEL_TRACES_SAMPLER` without `parentbased_`. */
const SAMPLERS = ['always_on', 'always_off', 'traceidratio'] as const;

/** What the variables of OpenTelemetry ask for. Those that say where spans go are read by its own packages. */
export interface TraceSettings {
  readonly exporter: (typeof EXPORTERS)[keyof typeof EXPORTERS];
  readonly sampler: (typeof SAMPLERS)[number];
  /** From 0 to 1: how many traces `traceidratio` samples. */
  readonly ratio: number;
  /** What must be installed. */
  readonly packages: readonly string[];
}

/** Thrown for a variable of OpenTelemetry that this process cannot follow. The message says how to fix it. */
export class TraceSettingsError extends Error {
  override readonly name = 'TraceSettingsError';
}

/**
 * Reads the variables of https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
 *
 * @returns undefined where nothing asks for traces
 * @throws TraceSettingsError for a value that is not supported
 */
export function readTraceSettings(env: Readonly<Record<string, string | undefined>>): TraceSettings | undefined {
  const value = (name: string): string | undefined => env[name]?.trim() || undefined;
  if (value('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  const wanted = value('OTEL_TRACES_EXPORTER');
  const hasEndpoint =
    value('OTEL_EXPORTER_OTLP_ENDPOINT') !== undefined || value('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') !== undefined;
  if (wanted === 'none' || (wanted === undefined && !hasEndpoint)) return undefined;
  if (wanted !== undefined && wanted !== 'otlp') throw unsupported('OTEL_TRACES_EXPORTER', wanted, ['otlp', 'none']);
  const ofTraces = value('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL');
  const protocol = ofTraces ?? value('OTEL_EXPORTER_OTLP_PROTOCOL') ?? 'http/protobuf';
  if (!isKey(EXPORTERS, protocol)) {
    const name = ofTraces === undefined ? 'OTEL_EXPORTER_OTLP_PROTOCOL' : 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL';
    throw unsupported(name, protocol, Object.keys(EXPORTERS));
  }
  const named = value('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const sampler = SAMPLERS.find((name) => name === named.replace(/^parentbased_/, ''));
  if (sampler === undefined) {
    throw unsupported('OTEL_TRACES_SAMPLER', named, [...SAMPLERS, ...SAMPLERS.map((name) => `parentbased_${name}`)]);
  }
  const arg = value('OTEL_TRACES_SAMPLER_ARG') ?? '1';
  const ratio = Number(arg);
  if (sampler === 'traceidratio' && !(ratio >= 0 && ratio <= 1)) {
    throw new TraceSettingsError(`OTEL_TRACES_SAMPLER_ARG is ${JSON.stringify(arg)}: set a number from 0 to 1.`);
  }
  return { exporter: EXPORTERS[protocol], sampler, ratio, packages: [...PACKAGES, EXPORTERS[protocol]] };
}

function unsupported(name: string, value: string, supported: readonly string[]): TraceSettingsError {
  return new TraceSettingsError(
    `${name} is ${JSON.stringify(value)}, which is not supported: set ${supported.join(' or ')}.`,
  );
}

function isKey<T extends object>(table: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(table, key);
}
