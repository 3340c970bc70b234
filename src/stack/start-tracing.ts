import type { TemporalPlugin } from './load-plugins.ts';
import { StartError } from './start-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { readVersion, withPeerRanges } from '../telemetry/read-version.ts';
import { readTraceSettings, type TraceSettings, TraceSettingsError } from '../telemetry/read-trace-settings.ts';
import { NO_TRACING, type Tracing } from '../telemetry/tracing.ts';

/** The tracing of a process. */
export interface RunningTracing {
  readonly tracing: Tracing;
  /** For the connection to Temporal. */
  readonly plugins: readonly TemporalPlugin[];
  close(): Promise<void>;
}

/**
 * Starts tracing where variables of OpenTelemetry ask for it; else loads nothing.
 *
 * @throws StartError for a variable that is not supported, or packages that are not installed
 */
export async function startTracing(
  env: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Promise<RunningTracing> {
  const settings = readSettings(env);
  if (settings === undefined) return { tracing: NO_TRACING, plugins: [], close: async () => undefined };
  try {
    const { TracePlugin } = await import('../worker/trace-plugin.ts');
    const { startOpenTelemetry } = await import('../telemetry/open-telemetry.ts');
    const tracing = await startOpenTelemetry({ ...settings, version: readVersion(), logger });
    const plugin = new TracePlugin((span) => tracing.workflowEnded(span)) as unknown as TemporalPlugin;
    logger.info({ sampler: settings.sampler }, 'traces are recorded and sent by OTLP');
    return { tracing, plugins: [plugin], close: () => tracing.close() };
  } catch (error) {
    throw explain(error, settings);
  }
}

function readSettings(env: Readonly<Record<string, string | undefined>>): TraceSettings | undefined {
  try {
    return readTraceSettings(env);
  } catch (error) {
    throw error instanceof TraceSettingsError ? new StartError(error.message, { cause: error }) : error;
  }
}

function explain(error: unknown, { packages }: TraceSettings): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') return error;
  return new StartError(
    `OTEL_* variables ask for traces, and the packages for them are not installed: run "npm install ${withPeerRanges(packages).join(' ')}", or set OTEL_TRACES_EXPORTER=none.`,
    { cause: error },
  );
}
