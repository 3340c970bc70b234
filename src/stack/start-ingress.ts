import { toAgentPolicy } from '../agents/agent-policy-settings.ts';
import type { Connection } from '@temporalio/client';
import type { Config } from '../config/config.ts';
import { checkUrl } from '../egress/check-url.ts';
import type { FindOwnPlaces } from '../egress/own-places.ts';
import { createApp } from '../ingress/app.ts';
import { createRunClient } from '../runs/run-client.ts';
import { serveIngress } from '../ingress/http/serve.ts';
import type { AppDeps } from '../ingress/app.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { TemporalLink } from '../worker/connect-temporal.ts';
import type { TemporalSettings } from './temporal-settings.ts';

/** How long a request waits for Temporal: an answer within 3 s is promised. */
const TEMPORAL_DEADLINE_MS = 2500;
/** How long a refused sender may go on sending before its connection is cut. */
const LINGER_MS = 1000;

export interface IngressParts {
  readonly config: Config;
  readonly temporal: TemporalSettings;
  readonly link: TemporalLink;
  readonly pollConnection: Connection;
  readonly eagerStart: boolean;
  readonly findOwnPlaces: FindOwnPlaces;
  readonly agentsAtFault: NonNullable<AppDeps['agentsAtFault']>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The ingress of this process, listening. */
export interface RunningIngress {
  readonly url: string;
  ready(): Promise<boolean>;
  drain(): Promise<void>;
}

/**
 * Composes the ingress from the configuration and lets it listen.
 *
 * @throws ListenError
 */
export async function startIngress(parts: IngressParts): Promise<RunningIngress> {
  const { config, temporal, link, pollConnection, eagerStart, findOwnPlaces, agentsAtFault, logger, metrics } = parts;
  const { limits } = config;
  const runs = createRunClient({
    connection: () => link.current(),
    pollConnection,
    namespace: temporal.namespace,
    taskQueue: config.taskQueue,
    eagerStart,
    deadlineMs: TEMPORAL_DEADLINE_MS,
    ...(config.temporalUiUrl !== undefined && {
      temporalUi: `${config.temporalUiUrl}/namespaces/${temporal.namespace}`,
    }),
    onAnswer: (answered) => metrics.temporalAnswered(answered),
    logger,
  });
  const app = createApp({
    runs,
    clients: config.clients,
    agents: new Map(config.agents.map((agent) => [agent.name, toAgentPolicy(agent)])),
    defaultAgent: config.defaultAgent,
    callback: config.callback,
    checkUrl: async (url, rules) => checkUrl(url, { ...rules, own: await findOwnPlaces() }),
    limits: { ...limits, linger: LINGER_MS },
    endpointPath: config.endpointPath,
    sources: config.sources,
    agentsAtFault,
    logger,
    metrics,
  });
  const server = await serveIngress({
    app,
    host: config.host,
    port: config.port,
    limits,
    runs,
    logger,
  });
  return {
    url: server.url,
    ready: () => runs.ready(),
    drain: () => server.drain(limits.shutdownGrace),
  };
}
