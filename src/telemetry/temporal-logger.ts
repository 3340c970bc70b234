import type { Logger as TemporalLogger, LogLevel, LogMetadata } from '@temporalio/worker';
import type { Logger } from './logger.ts';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

const OWN_LEVEL: Readonly<Record<LogLevel, Level>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** Lines about the SDK's internals matter only when debugging: one level lower each. */
const SDK_LEVEL: Readonly<Record<LogLevel, Level>> = { ...OWN_LEVEL, DEBUG: 'trace', INFO: 'debug' };

/** Source of a line for each attempt of each call while Temporal is away, some hundred a minute: our own watch says it once. */
const CALL_RETRIES = 'temporalio_client::retry';

/** Values of `sdkComponent` for workflow and activity code, as opposed to the SDK itself. */
const OWN_CODE: readonly unknown[] = ['workflow', 'activity', 'nexus'];

/** The SDK attributes that are logged, with their names here. The task token is not one of them, because it completes a task. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  workflowId: 'run_id',
  workflowType: 'workflow',
  activityType: 'activity',
  attempt: 'attempt',
  taskQueue: 'task_queue',
  namespace: 'namespace',
  target: 'target',
  error: 'err',
};

/** Attributes that the SDK adds to each line without further information. */
const NOISE: readonly string[] = [
  'sdkComponent',
  'taskToken',
  'activityId',
  'runId',
  'workflowRunId',
  'isLocal',
  'spanContexts',
];

/**
 * Adapts our logger for the Temporal SDK, and for workflow and activity code that logs through it.
 *
 * Lines of the SDK itself below WARN are one level lower, with known attributes only; its retries of calls are `debug`. Lines of our own code keep their level
 * and fields.
 */
export function toTemporalLogger(logger: Logger): TemporalLogger {
  const log = (level: LogLevel, message: string, meta: LogMetadata = {}): void => {
    const own = OWN_CODE.includes(meta['sdkComponent']);
    const target = meta['target'] === CALL_RETRIES ? 'debug' : (own ? OWN_LEVEL : SDK_LEVEL)[level];
    if (logger.isLevelEnabled(target)) logger[target](toFields(meta, own), message);
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}

function toFields(meta: LogMetadata, own: boolean): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(meta)) {
    const name = ATTRIBUTES[key];
    if (name !== undefined) fields[name] = value;
    else if (own && !NOISE.includes(key)) fields[key] = value;
  }
  return fields;
}
