import type { z } from 'zod';
import type { FailureType } from '../contract/failures.ts';
import type { CamelCased } from '../settings/camel-case.ts';
import type { Agent } from './agent.ts';
import type { AgentPolicySettings } from './agent-policy-settings.ts';

/** The settings of a type by their names in the file, each made by `setting()` or `optionalSetting()`. */
export type SettingFields = z.ZodRawShape;

/** What those settings read, under the same names in camelCase. */
export type SettingsOf<Fields extends SettingFields> = CamelCased<z.ZodObject<Fields>>;

/**
 * Everything that is particular to one type of agent: a row of `AGENT_TYPES`, made by `defineAgentType`. Settings that every
 * agent has, such as timeouts, are in `agent-policy-settings.ts`.
 */
export interface AgentType {
  /** What an agent of this type is, in one or two sentences of Markdown for the settings page. */
  readonly summary: string;
  /** Variables and flags of these settings configure the agent that is named as its type. */
  readonly settings: SettingFields;
  /**
   * The setting whose variable or flag defines an agent of this type where the settings file lists no agents. Without
   * it, only a file can.
   */
  readonly definedBy?: string;
  /**
   * Variables of other products that define an agent of this type in `dev` where nothing else defines an agent. The first one that is
   * set applies.
   */
  readonly borrows?: readonly BorrowedVariable[];
  /**
   * Makes an agent. Opens no connection and starts no process: a worker makes its agents before it reaches Temporal.
   *
   * @throws TypeError when a setting can't be used; the message repeats no secret
   */
  create(settings: object): Agent;
  /** Names an agent in output, without a secret: `garudust at http://127.0.0.1:3000`. */
  describe(settings: object): string;
  /** How to fix a failure, where this type knows better than the failure table. */
  readonly remedies: Readonly<Partial<Record<FailureType, Remedy>>>;
  /**
   * Whether an agent with these settings remembers the turns of a session itself. Those that do not are given the last turns as `history`.
   * Default: it does.
   */
  remembers?(settings: object): boolean;
  /**
   * Where such an agent checks `max_tokens`, `max_cost_usd` and `max_calls` within one call, for the docs. Default: it cannot, and they are
   * checked between calls.
   */
  readonly checksLimits?: string;
  /** Secrets that sign the URLs at which agents of this type are answered by the ingress. Default: none are. */
  completionSecrets?(settings: object): readonly string[];
  /** Further lines of the block that gives such an agent in a settings file, after `type`. Default: none are needed. */
  readonly example?: readonly string[];
  /** Warns of settings that work but are probably a mistake. Each text continues `Agent "name" …`. */
  warnings?(settings: AgentPolicySettings): readonly string[];
}

/** A variable that another product reads, too, such as a key of a provider. */
export interface BorrowedVariable<Setting extends string = string> {
  readonly env: string;
  /** The setting that has its value. */
  readonly fills: Setting;
  /** The settings that follow from it, where nothing else sets them. */
  readonly implies: Readonly<Partial<Record<Setting, string>>>;
}

/** A type whose settings the compiler knows. */
export interface AgentTypeOf<Fields extends SettingFields> extends AgentType {
  readonly settings: Fields;
  readonly definedBy?: keyof Fields & string;
  readonly borrows?: readonly BorrowedVariable<keyof Fields & string>[];
  create(settings: SettingsOf<Fields>): Agent;
  describe(settings: SettingsOf<Fields>): string;
  readonly remedies: Readonly<Partial<Record<FailureType, Remedy<keyof Fields & string>>>>;
  remembers?(settings: SettingsOf<Fields>): boolean;
  completionSecrets?(settings: SettingsOf<Fields>): readonly string[];
  warnings?(settings: SettingsOf<Fields> & AgentPolicySettings): readonly string[];
}

/**
 * One or two sentences that say how to fix a failure.
 *
 * @param nameOf names one of the type's settings as this agent is configured: `GARUDUST_API_KEY`, or `agents.main.api_key`
 */
export type Remedy<Setting extends string = string> = (nameOf: (setting: Setting) => string) => string;

/** Agent types by name. */
export type AgentTypes = Readonly<Record<string, AgentType>>;

/** Infers the type of a row from its settings, so that the compiler checks the rest of it against them. */
export function defineAgentType<Fields extends SettingFields>(type: AgentTypeOf<Fields>): AgentTypeOf<Fields> {
  return type;
}
