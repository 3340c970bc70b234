import { resolve } from 'node:path';
import type { AgentConfig, AgentSpec, ClientConfig, Config, IngressConfig } from './config.ts';
import type { Mode } from './layers.ts';
import type { Settings } from './schema.ts';
import { toSource } from './to-source.ts';

/**
 * The settings as the rooms take them.
 *
 * @param cwd what a relative folder is relative to
 */
export function toConfig(read: Settings, mode: Mode, cwd: string): Config {
  const agents = Object.entries(read.agents).map(([name, agent]) => toAgent(name, agent));
  return {
    mode,
    ingress: toIngress(read),
    admin: { host: read.admin_host, port: read.admin_port },
    clients: read.clients.map(toClient),
    agents,
    defaultAgent: read.default_agent ?? agents[0]?.name ?? '',
    sources: Object.entries(read.sources).map(([name, source]) => toSource(name, source, read.clients[0]?.id ?? '')),
    callback: {
      permitNetworks: read.callback.permit_networks,
      ...(read.callback.proxy !== undefined && { proxy: read.callback.proxy }),
      retryDelaysMs: read.callback.retry_delays,
      attemptTimeoutMs: read.callback.attempt_timeout,
      deadLetterMs: read.callback.dead_letter,
      stopStatuses: read.callback.stop_statuses,
      perHost: read.callback.per_host,
      ...toDeadLetterWebhook(read.callback),
    },
    taskQueue: read.task_queue,
    worker: {
      maxConcurrentActivities: read.worker.max_concurrent_activities,
      shutdownGraceMs: read.worker.shutdown_grace,
      ...(read.worker.journal_dir !== undefined && { journalDir: resolve(cwd, read.worker.journal_dir) }),
    },
    ...(read.temporal_ui_url !== undefined && { temporalUiUrl: read.temporal_ui_url }),
    log: read.log,
  };
}

function toIngress({ limits, ...read }: Settings): IngressConfig {
  return {
    enabled: read.listen_enabled,
    host: read.listen_host,
    port: read.listen_port,
    endpointPath: read.endpoint_path,
    bodyLimitBytes: limits.body,
    maxInFlight: limits.max_in_flight,
    headersTimeoutMs: limits.headers_timeout,
    bodyTimeoutMs: limits.body_timeout,
    requestTimeoutMs: limits.headers_timeout + limits.body_timeout + 1_000,
    shutdownGraceMs: limits.shutdown_grace,
    listLimits: {
      inAll: { perSecond: limits.lists_per_second, burst: limits.lists_burst },
      perClient: { perSecond: limits.lists_per_second_per_client, burst: limits.lists_burst_per_client },
      sameForMs: limits.lists_reuse,
    },
    streamLimits: {
      perClient: limits.max_streams_per_client,
      inAll: limits.max_streams,
      keepAliveMs: limits.stream_keep_alive,
      stalledMs: limits.stream_stalled_timeout,
    },
    waitLimits: { perClient: limits.max_waits_per_client, inAll: limits.max_waits },
  };
}

function toDeadLetterWebhook({
  dead_letter_webhook: url,
  dead_letter_secret: secrets,
}: Settings['callback']): Pick<Config['callback'], 'deadLetterWebhook'> {
  return url === undefined ? {} : { deadLetterWebhook: { url, ...(secrets !== undefined && { secrets }) } };
}

function toClient(client: Settings['clients'][number]): ClientConfig {
  return {
    id: client.id,
    webhookSecrets: client.hmac_secret,
    apiKeys: client.api_keys ?? [],
    callbackSecrets: client.callback_secret ?? client.hmac_secret,
    allowedCallbackDomains: client.allowed_callback_domains,
    ...(client.allowed_user_ids !== undefined && { allowedUserIds: client.allowed_user_ids }),
    ...(client.agents !== undefined && { permittedAgents: client.agents }),
    callbackHeaders: client.callback_headers ?? {},
    rateLimit: client.rate_limit,
    maxInFlight: client.max_in_flight,
  };
}

type AgentSettings = Settings['agents'][string];

function toAgent(name: string, agent: AgentSettings): AgentConfig {
  return {
    name,
    spec: toSpec(agent),
    concurrency: agent.concurrency,
    policy: {
      attemptTimeoutMs: agent.attempt_timeout,
      totalTimeoutMs: agent.total_timeout,
      heartbeatTimeoutMs: agent.heartbeat_timeout,
      maxAttempts: agent.max_attempts,
      maxAnswerBytes: agent.max_answer_bytes,
    },
    delays: {
      passingMs: agent.retry_delay,
      agentMs: agent.retry_delay_at_fault,
      unreachableMs: agent.retry_delay_unreachable,
    },
  };
}

function toSpec(agent: AgentSettings): AgentSpec {
  if (agent.type === 'demo') return { type: 'demo' };
  return { type: 'garudust', url: agent.url, ...(agent.api_key !== undefined && { apiKey: agent.api_key }) };
}
