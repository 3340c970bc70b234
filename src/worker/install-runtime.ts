import { type Logger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

let installed = false;

/**
 * Sets the Temporal SDK's process-wide runtime: its logs go through our logger, and it leaves signals to us, because
 * ingress and worker must stop in order. Only the first call of a process counts.
 */
export function installRuntime(logger: Logger): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
  });
}
