import { describeConfig } from '../config/describe-config.ts';
import { type LoadedConfig, loadConfig, type LoadOptions } from '../config/load-config.ts';
import { failureTypesOf } from '../contract/failures.ts';
import { createLogger, type LogDestination, type Logger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { readVersion } from '../telemetry/read-version.ts';
import { toStartError } from './start-error.ts';
import { readTemporalSettings, type TemporalSettings } from './temporal-settings.ts';

/** What a process starts with. */
export interface LoadedProcess {
  readonly loaded: LoadedConfig;
  readonly temporal: TemporalSettings;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Variables that packages of others define: those of OpenTelemetry. */
  readonly env: LoadOptions['env'];
}

/** Where a process finds its settings, and where its log goes. */
export interface ProcessOptions extends LoadOptions {
  readonly stdout: LogDestination;
  /** Whether nothing is said of settings that are probably a mistake. Default: it is. */
  readonly quiet?: boolean;
}

/**
 * Reads all settings and creates logger and metrics from them.
 *
 * @throws StartError with every problem of the configuration
 */
export function loadProcess({ stdout, quiet = false, ...options }: ProcessOptions): LoadedProcess {
  const temporal = readTemporalSettings(options.env);
  const loaded = load(options);
  const logger = createLogger({ ...loaded.config.log, destination: stdout });
  for (const warning of quiet ? [] : loaded.warnings) logger.warn({}, warning);
  const { agents, clients, workflows } = loaded.config;
  const metrics = createMetrics({
    agentFaults: failureTypesOf('agent'),
    configured: {
      agents: [...agents.map(({ name }) => name), ...Object.keys(workflows)],
      clients: clients.map(({ id }) => id),
    },
    version: readVersion(),
  });
  return { loaded, temporal, logger, metrics, env: options.env };
}

function load(options: LoadOptions): LoadedConfig {
  try {
    return loadConfig(options);
  } catch (error) {
    throw toStartError(error);
  }
}

/** Logs the effective configuration, with every secret redacted. */
export function logConfig({ loaded, logger, temporal: { connectionOptions, namespace } }: LoadedProcess): void {
  logger.info(
    {
      config: describeConfig(loaded),
      ...(loaded.file !== undefined && { file: loaded.file }),
      temporal: {
        address: connectionOptions.address,
        ...(connectionOptions.proxy && { proxy: connectionOptions.proxy.targetHost }),
        namespace,
      },
    },
    'configuration',
  );
}
