import { resolve } from 'node:path';
import type { AgentConfig, AgentSpec, Config } from './config.ts';
import type { Mode } from './layers.ts';
import { settings, type Settings } from './schema.ts';
import { toCamelCase } from '../settings/camel-case.ts';

/**
 * The settings as the modules take them.
 *
 * @param sources the sources of the settings, compiled
 * @param cwd what a relative folder is relative to
 */
export function toConfig(read: Settings, sources: Config['sources'], mode: Mode, cwd: string): Config {
  const config = toCamelCase(settings, read);
  const { journalDir } = config.worker;
  return {
    ...config,
    mode,
    worker: { ...config.worker, ...(journalDir !== undefined && { journalDir: resolve(cwd, journalDir) }) },
    defaultAgent: config.defaultAgent ?? Object.keys(read.agents)[0] ?? '',
    agents: Object.entries(read.agents).map(([name, agent]) => toAgent(name, agent)),
    sources,
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
