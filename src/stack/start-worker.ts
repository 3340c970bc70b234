import type { Config } from '../config/config.ts';
import type { FindOwnPlaces } from '../egress/own-places.ts';
import { GarudustPlugin } from '../plugin.ts';
import type { Payloads } from '../payloads/payloads.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { TemporalLink } from '../worker/connect-temporal.ts';
import { watchReturns } from '../worker/watch-returns.ts';
import { runWorker, type RunningWorker } from '../worker/run-worker.ts';
import type { AgentWatch } from './agent-watch.ts';
import { probeAgents } from './probe-agents.ts';
import { type TemporalSettings, toClientOptions } from './temporal-settings.ts';
import { type PluginAgent, toConfiguredAgents, toWorkerParts, type WorkerMetrics } from './worker-parts.ts';

export interface WorkerOptions {
  readonly config: Config;
  readonly temporal: TemporalSettings;
  readonly link: TemporalLink;
  readonly agents: AgentWatch;
  readonly findOwnPlaces: FindOwnPlaces;
  /** That of the connection. */
  readonly payloads: Payloads;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Agents by name, beside those of the settings. */
  readonly ownAgents?: Readonly<Record<string, PluginAgent>>;
  /** What the worker runs where the settings name workflows. Default: our workflows. */
  readonly workflowBundle?: { readonly code: string };
  /** Where the settings name no journal. Default: none. */
  readonly defaultJournalDir?: string;
}

/**
 * Starts the worker that the configuration describes; it takes tasks as soon as Temporal can be reached.
 *
 * @throws StartError when another worker uses the journal
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { config, temporal, link, agents, findOwnPlaces, payloads, logger, metrics, tracing, defaultJournalDir } =
    options;
  const watched: WorkerMetrics = {
    ...metrics,
    attemptEnded(labels, seconds) {
      agents.attemptEnded(labels, seconds);
      metrics.attemptEnded(labels, seconds);
    },
  };
  const settled = toWorkerParts(config, {
    logger,
    metrics: watched,
    findOwnPlaces,
    payloads,
    ...(defaultJournalDir !== undefined && { defaultJournalDir }),
  });
  const parts = { ...settled, agents: new Map([...settled.agents, ...toConfiguredAgents(options.ownAgents ?? {})]) };
  const journalOwner = `${temporal.namespace}@${temporal.connectionOptions.address ?? 'localhost:7233'}`;
  const plugin = new GarudustPlugin({}, () => ({
    ...parts,
    tracing,
    journalOwner,
    watchReturns: (onReturn, signal) => watchReturns(toClientOptions(temporal.connectionOptions), onReturn, signal),
    ...(options.workflowBundle && { workflowBundle: options.workflowBundle }),
  }));
  await plugin.open();
  const stopProbes = probeAgents({ agents: parts.agents, watch: agents, metrics, logger });
  const worker = runWorker({ link, namespace: temporal.namespace, taskQueue: config.taskQueue, plugin, logger });
  return {
    ready: () => worker.ready(),
    inFlight: () => worker.inFlight(),
    async drain() {
      stopProbes();
      await worker.drain();
      // Of a worker that never ran.
      await plugin.close();
    },
  };
}
