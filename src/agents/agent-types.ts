import { z } from 'zod';
import type { FailureType } from '../contract/failures.ts';
import { settingMeta, withKind } from '../settings/setting.ts';
import { oneOf } from '../settings/texts.ts';
import type { Agent } from './agent.ts';
import { type AgentPolicySettings, agentPolicySettings } from './agent-policy-settings.ts';
import type { AgentType, AgentTypes, SettingsOf } from './agent-type.ts';
import { acpType } from './acp/acp-type.ts';
import { callbackType } from './callback/callback-type.ts';
import { commandType } from './command/command-type.ts';
import { demoType } from './demo/demo-type.ts';
import { garudustType } from './garudust/garudust-type.ts';
import { httpType } from './http/http-type.ts';
import { modelType } from './model/model-type.ts';
import { moduleType } from './module/module-type.ts';
import { remoteType } from './remote/remote-type.ts';

/** Every agent type, by the `type` of its agents. A new one is a folder beside this file and a row here. */
export const AGENT_TYPES = {
  garudust: garudustType,
  model: modelType,
  http: httpType,
  remote: remoteType,
  command: commandType,
  acp: acpType,
  module: moduleType,
  callback: callbackType,
  demo: demoType,
} satisfies AgentTypes;

export type AgentTypeName = keyof typeof AGENT_TYPES;

/** The type of the one agent that serves where neither the file nor a variable defines any, by mode. */
export const DEFAULT_AGENT_TYPE = { production: 'garudust', dev: 'demo' } as const satisfies Record<
  string,
  AgentTypeName
>;

/** An agent as code names it: its type, and the settings of that type. */
export type AgentSpec = {
  [Name in AgentTypeName]: { readonly type: Name } & SettingsOf<(typeof AGENT_TYPES)[Name]['settings']>;
}[AgentTypeName];

/** An agent as the schema reads it: beside what every agent has, the settings of its type, which only the type knows. */
export type AgentSettings = AgentPolicySettings & { readonly type: string };

type AgentSchema = z.ZodObject<{ type: z.ZodLiteral<string> } & typeof agentPolicySettings, z.core.$strict>;

/** The schema of one agent of any type. */
export function agentSchema(types: AgentTypes): z.ZodDiscriminatedUnion<[AgentSchema, ...AgentSchema[]], 'type'> {
  const kind = withKind(oneOf(Object.keys(types)), {
    default: DEFAULT_AGENT_TYPE.production,
    help: 'Agent type.',
  });
  const options = Object.entries(types).map(([name, { settings }]) =>
    z.strictObject({ type: z.literal(name).register(settingMeta, kind), ...settings, ...agentPolicySettings }),
  );
  // The settings of a type are hidden from the compiler here: nobody but the type reads them.
  return z.discriminatedUnion('type', options as unknown as [AgentSchema, ...AgentSchema[]]);
}

/**
 * Makes the agent that its settings describe. No connection is made yet.
 *
 * @throws TypeError for an unknown type, or when a setting can't be used
 */
export function createAgent(agent: AgentSpec | AgentSettings, types: AgentTypes = AGENT_TYPES): Agent {
  return typeOf(agent, types).create(agent);
}

/** Names an agent in output: `garudust at http://127.0.0.1:3000`. */
export function describeAgent(agent: AgentSpec | AgentSettings, types: AgentTypes = AGENT_TYPES): string {
  return typeOf(agent, types).describe(agent);
}

/** Secrets that sign completion URLs of these agents. */
export function findCompletionSecrets(agents: readonly AgentSettings[], types: AgentTypes = AGENT_TYPES): string[] {
  return [...new Set(agents.flatMap((agent) => typeOf(agent, types).completionSecrets?.(agent) ?? []))];
}

/** What is probably a mistake in an agent's settings, for the end of `Agent "name" …`. */
export function findAgentWarnings(agent: AgentSettings, types: AgentTypes = AGENT_TYPES): readonly string[] {
  return typeOf(agent, types).warnings?.(agent) ?? [];
}

/**
 * How to fix failures of an agent, where its type knows better than the failure table.
 *
 * @param nameOf names one of the type's settings as the agent is configured
 */
export function fixesFor(
  type: string,
  nameOf: (setting: string) => string,
  types: AgentTypes = AGENT_TYPES,
): Readonly<Partial<Record<FailureType, string>>> {
  const { remedies } = typeOf({ type }, types);
  return Object.fromEntries(Object.entries(remedies).map(([failure, remedy]) => [failure, remedy(nameOf)]));
}

/** Whether an agent remembers the turns of a session itself. */
export function remembersItself(
  agent: { readonly type: string; readonly [setting: string]: unknown },
  types: AgentTypes = AGENT_TYPES,
): boolean {
  return typeOf(agent, types).remembers?.(agent) ?? true;
}

/** The row of an agent. Whatever made the agent's settings has read them by the same row. */
function typeOf({ type }: { readonly type: string }, types: AgentTypes): AgentType {
  const row = Object.hasOwn(types, type) ? types[type] : undefined;
  if (row !== undefined) return row;
  throw new TypeError(`${JSON.stringify(type)} is not an agent type: use one of ${Object.keys(types).join(', ')}.`);
}
