import { toAgentPolicy } from '../agents/agent-policy-settings.ts';
import { findCompletionSecrets } from '../agents/agent-types.ts';
import type { Connection } from '@temporalio/client';
import type { Config } from '../config/config.ts';
import { checkUrl } from '../egress/check-url.ts';
import { createOutsideRequests } from '../egress/outside-requests.ts';
import type { FindOwnPlaces } from '../egress/own-places.ts';
import { RemoteDocuments } from '../egress/remote-documents.ts';
import { createApp } from '../ingress/app.ts';
import { createKeepSecret, PostedSecrets } from '../ingress/tasks/posted-secrets.ts';
import { createRunClient } from '../runs/run-client.ts';
import type { TemporalWatch } from '../runs/temporal-watch.ts';
import { serveIngress } from '../ingress/http/serve.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { TemporalLink } from '../worker/connect-temporal.ts';
import type { LoadedWorkflows } from './load-workflows.ts';
import { readAgentSessions } from './read-agent-sessions.ts';
import { pickLinks } from './worker-parts.ts';
import type { TemporalSettings } from './temporal-settings.ts';

/** How long a request waits for Temporal: an answer within 3 s is promised. */
export const TEMPORAL_DEADLINE_MS = 2500;
/** How long a refused sender may go on sending before its connection is cut. */
const LINGER_MS = 1000;

export interface IngressParts {
  readonly config: Config;
  readonly temporal: TemporalSettings;
  readonly link: TemporalLink;
  readonly pollConnection: Connection;
  /** As in `RunClientOptions`. */
  readonly ownBuild: string | undefined;
  readonly findOwnPlaces: FindOwnPlaces;
  readonly watch: TemporalWatch;
  readonly workflows: LoadedWorkflows['workflows'];
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** The folder for state of this user. */
  readonly stateDir: string;
}

/** The ingress of this process, listening. */
export interface RunningIngress {
  readonly url: string;
  drain(): Promise<void>;
}

/**
 * Composes the ingress from the configuration and lets it listen.
 *
 * @throws ListenError
 */
export async function startIngress(parts: IngressParts): Promise<RunningIngress> {
  const { config, temporal, link, pollConnection, ownBuild, findOwnPlaces, watch, workflows } = parts;
  const { logger, metrics, tracing } = parts;
  const { limits } = config;
  const runs = createRunClient({
    connection: () => link.current(),
    pollConnection,
    namespace: temporal.namespace,
    taskQueue: config.taskQueue,
    ownBuild,
    deadlineMs: TEMPORAL_DEADLINE_MS,
    links: {
      ...pickLinks(config),
      ...(config.temporalUiUrl !== undefined && {
        temporalUi: `${config.temporalUiUrl}/namespaces/${temporal.namespace}`,
      }),
    },
    onRefusal: () => watch.refused(),
    logger,
  });
  const { permitNetworks, proxy } = config.callback;
  const onFailure = (url: string, reason: string): void =>
    // A query may be as good as a key.
    logger.error({ url: url.replace(/\?.*/s, ''), reason }, 'a host of a sender could not be asked');
  const outside = createOutsideRequests({ permitNetworks, proxy, findOwnPlaces, onFailure });
  const app = createApp({
    runs,
    clients: config.clients,
    agents: new Map(config.agents.map((agent) => [agent.name, toAgentPolicy(agent)])),
    defaultAgent: config.defaultAgent,
    workflows,
    agentSessions: readAgentSessions(config),
    sessionQueue: config.limits.sessionQueue,
    callback: config.callback,
    checkUrl: async (url, rules) => checkUrl(url, { ...rules, own: await findOwnPlaces() }),
    limits: { ...limits, linger: LINGER_MS },
    endpointPath: config.endpointPath,
    ...(config.publicUrl !== undefined && { publicUrl: config.publicUrl }),
    // The host of the UI is nobody's business who can reach a public address.
    ...(config.temporalUiUrl !== undefined &&
      /^(?:127\.|\[?::1\]?$|localhost$)/.test(config.host) && {
        temporalUi: `${config.temporalUiUrl}/namespaces/${temporal.namespace}/workflows`,
      }),
    answerLinkSecrets: config.answerLinkSecret,
    completionSecrets: findCompletionSecrets(config.agents),
    sources: config.sources,
    keyDocuments: new RemoteDocuments({ fetch: outside.fetchDocument, onFailure }),
    confirm: outside.confirm,
    keepSecret: createKeepSecret(new PostedSecrets(parts.stateDir), logger),
    readiness: () => watch.readiness(),
    logger,
    metrics,
    tracing,
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
    drain: () => server.drain(limits.shutdownGrace),
  };
}
