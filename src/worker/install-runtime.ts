import { type Logger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

let installed = false;

/** Names as Prometheus recommends them, and as the SDKs of Go and Java have them: `_total`, `_seconds`. */
const AS_PROMETHEUS = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };

/**
 * Sets the Temporal SDK's process-wide runtime: its logs go through our logger, and it leaves signals to us, because
 * ingress and worker must stop in order. Only the first call of a process counts.
 *
 * @param metricsAddress IP address and port where it serves its metrics, in Prometheus' format. Default: nowhere
 * @throws Error when the address is not available
 */
export function installRuntime(logger: Logger, metricsAddress?: string): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: {
      ...(metricsAddress !== undefined && {
        metrics: { prometheus: { bindAddress: metricsAddress, ...AS_PROMETHEUS } },
      }),
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
  });
}
