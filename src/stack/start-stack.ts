import type { Config } from '../config/config.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { toTemporalLogger } from '../telemetry/temporal-logger.ts';
import { createFindOwnPlaces } from '../egress/own-places.ts';
import { createPayloads } from './create-payloads.ts';
import { type AdminDeps, createAdminApp } from '../ingress/app.ts';
import { createOpenRunsCount } from '../runs/open-runs.ts';
import { connectForPolls } from '../runs/poll-history.ts';
import { type Readiness, watchTemporal } from '../runs/temporal-watch.ts';
import { type RunningServer, serveAdmin } from '../ingress/http/serve.ts';
import { connectTemporal } from '../worker/connect-temporal.ts';
import { installRuntime } from '../worker/install-runtime.ts';
import { unversionedBuild } from '../worker/worker-version.ts';
import { createAgentWatch } from './agent-watch.ts';
import { loadPlugins } from './load-plugins.ts';
import { loadWorkflows } from './load-workflows.ts';
import { StartError, toStartError } from './start-error.ts';
import { startIngress, TEMPORAL_DEADLINE_MS } from './start-ingress.ts';
import { userStateDir } from '../settings/user-state-dir.ts';
import { startTracing } from './start-tracing.ts';
import { startWorker, type WorkerOptions } from './start-worker.ts';
import { type TemporalSettings, toClientOptions } from './temporal-settings.ts';

/** What a process does: take webhooks, run agents, or both. */
export interface Roles {
  readonly ingress: boolean;
  readonly worker: boolean;
}

/**
 * The roles of a process once the settings are known: with `ingress_enabled: false` nothing listens for webhooks.
 *
 * @throws StartError when no role is left
 */
export function effectiveRoles(asked: Roles, { ingressEnabled }: Pick<Config, 'ingressEnabled'>): Roles {
  if (ingressEnabled || !asked.ingress) return asked;
  if (asked.worker) return { ingress: false, worker: true };
  throw new StartError(
    'The settings disable webhooks: ingress_enabled, or enabled of webhook_adapter, is false. Set it to true, or run "worker" instead.',
  );
}

export interface StackOptions {
  readonly config: Config;
  readonly temporal: TemporalSettings;
  readonly roles: Roles;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Where `OTEL_*` variables may ask for traces. Default: nobody asks. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the settings name no journal for the worker. Default: none. */
  readonly defaultJournalDir?: string;
  /** Agents of the worker by name, beside those of the settings. */
  readonly ownAgents?: NonNullable<WorkerOptions['ownAgents']>;
  /** A module whose exports are further workflows of the worker, which are no runs. */
  readonly workflowsPath?: string;
}

/** The work of a worker that a drain waits for. */
export interface InFlight {
  readonly activities: number;
  readonly graceMs: number;
}

/** The parts of a process, running. */
export interface RunningStack {
  /** Undefined without an ingress. */
  readonly ingressUrl: string | undefined;
  readonly adminUrl: string;
  /** Whether Temporal can record runs and, with a worker, tasks are taken. */
  ready(): Promise<boolean>;
  /** What a drain waits for: the agent calls and callbacks in flight now, for as long as the worker's grace period. */
  inFlight(): InFlight;
  /**
   * Takes nothing new, finishes what is in flight, hands the rest back to Temporal and resolves when all is closed. A
   * second call joins the first.
   */
  drain(): Promise<void>;
}

/**
 * Starts ingress, worker or both in this process on one native connection, which is what makes an eager start
 * possible. Returns when the ports are open; Temporal may still be away.
 *
 * @throws StartError when a port is not available, a plugin or a workflow cannot be loaded, or another worker uses the journal
 */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  const { config, roles, logger, metrics } = options;
  const payloads = createPayloads(config.payloads);
  const loaded = await loadPlugins(config.worker.plugins);
  const { tracing, ...traces } = await startTracing(options.env ?? {}, logger);
  const plugins = [...loaded, ...traces.plugins, payloads];
  const { workflows, bundle } = await loadWorkflows(config, [...loaded, ...traces.plugins], options.workflowsPath);
  // The connection hands them on to every client and worker on it.
  const connectionOptions = { ...options.temporal.connectionOptions, plugins };
  const temporal = { ...options.temporal, connectionOptions };
  installSdk(config, logger);
  const link = connectTemporal({ connectionOptions, logger });
  const pollConnection = connectForPolls(toClientOptions(connectionOptions));
  const agents = createAgentWatch(config.agents.map(({ name }) => name));
  const ownPorts = new Set([...(config.ingressEnabled ? [config.port] : []), config.adminPort]);
  const [sdkMetricsPort] = /\d+$/.exec(config.sdkMetricsAddress ?? '') ?? [];
  if (sdkMetricsPort !== undefined) ownPorts.add(Number(sdkMetricsPort));
  const findOwnPlaces = createFindOwnPlaces({
    ports: () => [...ownPorts],
    temporalAddress: connectionOptions.address,
  });
  /** Ended together: the worker calls no agent from that moment, and other workers begin what the ingress still accepts. */
  const parts: (() => Promise<void>)[] = [];
  /** In the order in which they are to be ended. */
  const ends = [
    async () => {
      await Promise.all(parts.map((end) => end()));
    },
  ];
  const endAll = async (): Promise<void> => {
    for (const end of ends) await end();
    watch.close();
    await pollConnection.close();
    await link.close();
    await traces.close();
  };

  const watch = watchTemporal({
    connection: () => link.current(),
    namespace: temporal.namespace,
    deadlineMs: TEMPORAL_DEADLINE_MS,
    onReadiness: (readiness) => metrics.temporalAnswered(readiness === 'ready'),
    logger,
  });
  // By the ingress, because nobody else could tell when no worker runs.
  const counts = roles.ingress || !config.ingressEnabled;
  const countOpenRuns = createOpenRunsCount({
    connection: () => link.current(),
    namespace: temporal.namespace,
    deadlineMs: TEMPORAL_DEADLINE_MS,
    onCounted: (state, runs) => metrics.openRunsCounted(state, runs),
  });
  const metricsText = async (): Promise<string> => {
    if (counts) await countOpenRuns();
    return metrics.text();
  };
  const common = { config, temporal, link, findOwnPlaces, logger, metrics, tracing };
  try {
    const worker = roles.worker
      ? await startWorker({ ...options, ...common, agents, payloads, ...(bundle && { workflowBundle: bundle }) })
      : undefined;
    if (worker) parts.push(() => worker.drain());
    // An eager start runs on the build of this process, whichever build new runs are to begin on.
    const ownBuild = worker && config.worker.versioning.buildId === undefined ? unversionedBuild() : undefined;
    const ingress = roles.ingress
      ? await startIngress({
          ...common,
          pollConnection,
          ownBuild,
          watch,
          workflows,
          stateDir: userStateDir(options.env ?? {}),
        })
      : undefined;
    if (ingress) ownPorts.add(Number(new URL(ingress.url).port));
    if (ingress) parts.push(() => ingress.drain());
    const readiness = async (): Promise<Readiness> => {
      const temporalSays = await watch.readiness();
      return temporalSays === 'ready' && worker?.ready() === false ? 'temporal_unavailable' : temporalSays;
    };
    const admin = await startAdmin(options, { metricsText, readiness, agentsAtFault: () => agents.atFault() });
    ownPorts.add(Number(new URL(admin.url).port));
    ends.push(() => admin.drain(0));
    let drained: Promise<void> | undefined;
    return {
      ingressUrl: ingress?.url,
      adminUrl: admin.url,
      ready: async () => (await readiness()) === 'ready',
      inFlight: () => ({ activities: worker?.inFlight() ?? 0, graceMs: config.worker.shutdownGrace }),
      drain: () => (drained ??= endAll()),
    };
  } catch (error) {
    await endAll();
    throw toStartError(error);
  }
}

/** @throws StartError when the address of its metrics is not available */
function installSdk({ sdkMetricsAddress: address }: Config, logger: Logger): void {
  try {
    installRuntime(toTemporalLogger(logger), address);
  } catch (error) {
    if (address === undefined) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const fix = 'Set sdk_metrics_address (SDK_METRICS_ADDRESS) to an address of this machine with a free port.';
    throw new StartError(`The Temporal SDK cannot serve its metrics at ${address}: ${why}. ${fix}`, { cause: error });
  }
}

function startAdmin(
  { config, logger }: StackOptions,
  shown: Pick<AdminDeps, 'metricsText' | 'readiness' | 'agentsAtFault'>,
): Promise<RunningServer> {
  const app = createAdminApp({ ...shown, limits: { body: 1024, linger: 100 }, logger });
  return serveAdmin({ app, host: config.adminHost, port: config.adminPort, logger });
}
