import { ConfigError } from '../config/config-error.ts';
import { describeConfig } from '../config/describe-config.ts';
import { type LoadedConfig, loadConfig, type LoadOptions } from '../config/load-config.ts';
import { failureTypesOf } from '../contract/failures.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { CliError } from '../cli/cli-error.ts';
import type { CliIo } from '../cli/cli-io.ts';
import { readVersion } from '../cli/read-version.ts';
import { judgeSources } from './read-sources.ts';
import { readTemporalSettings, type TemporalSettings } from './temporal-settings.ts';

/** What every long-running command starts with. */
export interface LoadedProcess {
  readonly loaded: LoadedConfig;
  readonly temporal: TemporalSettings;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Reads all settings and makes logger and metrics from them.
 *
 * @throws CliError `usage` with every problem of the configuration
 */
export function loadProcess(
  io: CliIo,
  options: Pick<LoadOptions, 'mode' | 'flags' | 'devSecretsFile' | 'file'>,
): LoadedProcess {
  const { env, cwd } = io;
  const temporal = readTemporalSettings(env);
  let loaded: LoadedConfig;
  try {
    loaded = loadConfig({ ...options, judgeSources, env, cwd });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError('usage', error.message);
    throw error;
  }
  const logger = createLogger({ ...loaded.config.log, destination: io.stdout });
  for (const warning of loaded.warnings) logger.warn({}, warning);
  const metrics = createMetrics({ agentFaults: failureTypesOf('agent'), version: readVersion() });
  return { loaded, temporal, logger, metrics };
}

/** Writes the effective configuration to the log, with every secret redacted. */
export function logConfig({ loaded, logger, temporal }: LoadedProcess): void {
  logger.info(
    {
      config: describeConfig(loaded),
      ...(loaded.file !== undefined && { file: loaded.file }),
      temporal: { address: temporal.connectionOptions.address, namespace: temporal.namespace },
    },
    'configuration',
  );
}
