import { resolve } from 'node:path';
import type { z } from 'zod';
import type { AgentConfig, AgentSpec, Config, ConfigOf } from './config.ts';
import type { Mode } from './layers.ts';
import { settings, type Settings } from './schema.ts';
import { chosenOption, isBlock, visitSchema } from './schema-node.ts';
import { toSource } from './to-source.ts';

/**
 * The settings as the modules take them.
 *
 * @param cwd what a relative folder is relative to
 */
export function toConfig(read: Settings, mode: Mode, cwd: string): Config {
  const config = toCamelCase(settings, read);
  const { journalDir } = config.worker;
  return {
    ...config,
    mode,
    worker: { ...config.worker, ...(journalDir !== undefined && { journalDir: resolve(cwd, journalDir) }) },
    defaultAgent: config.defaultAgent ?? Object.keys(read.agents)[0] ?? '',
    agents: Object.entries(read.agents).map(([name, agent]) => toAgent(name, agent)),
    sources: Object.entries(read.sources).map(([name, source]) => toSource(name, source, read.clients[0]?.id ?? '')),
  };
}

/** What a schema has read, by the same names in camelCase; what is undefined is left out. */
function toCamelCase<S extends z.core.$ZodType>(schema: S, read: z.output<S>): ConfigOf<S> {
  return rename(schema, read) as ConfigOf<S>;
}

function rename(schema: z.core.$ZodType, value: unknown): unknown {
  const block = isBlock(value) ? value : {};
  return visitSchema<unknown>(schema, {
    setting: () => value,
    block: (fields) =>
      Object.fromEntries(
        fields.flatMap(([name, field]) =>
          block[name] === undefined ? [] : [[camelCase(name), rename(field, block[name])]],
        ),
      ),
    list: (item) => (Array.isArray(value) ? value.map((entry) => rename(item, entry)) : value),
    map: (entry) => Object.fromEntries(Object.entries(block).map(([name, found]) => [name, rename(entry, found)])),
    choice(options) {
      const option = chosenOption(options, value);
      return option === undefined ? value : rename(option, value);
    },
  });
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
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
