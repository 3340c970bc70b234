import type { CamelCased } from '../settings/camel-case.ts';
import type { AgentPolicy } from '../contract/run.ts';
import type { Mode } from './layers.ts';
import type { settings } from './schema.ts';

type Read = CamelCased<typeof settings>;

/** The configuration: the settings of the file by the same names in camelCase. Durations are milliseconds, sizes bytes. */
export type Config = Omit<Read, 'agents' | 'defaultAgent' | 'sources'> & {
  readonly mode: Mode;
  /** In the order of the file. */
  readonly agents: readonly AgentConfig[];
  /** Name of one of the agents. */
  readonly defaultAgent: string;
  /** In the order of the file. */
  readonly sources: readonly SourceConfig[];
};

/** Which adapter an agent has, with what it needs. */
export type AgentSpec =
  { readonly type: 'garudust'; readonly url: string; readonly apiKey?: string } | { readonly type: 'demo' };

export interface AgentConfig {
  readonly name: string;
  readonly spec: AgentSpec;
  /** Tasks that one worker gives it at once. */
  readonly concurrency: number;
  readonly policy: AgentPolicy;
  /** The wait after the first fault of its kind; it doubles with every further one. */
  readonly delays: { readonly passingMs: number; readonly agentMs: number; readonly unreachableMs: number };
}

/** A configured kind of sender, whose templates and filter are not yet read: the ingress does that. */
export interface SourceConfig {
  readonly name: string;
  readonly preset: string;
  readonly path?: string;
  readonly scheme?: string;
  readonly hmac?: HmacConfig;
  /** Empty where `unsigned` is set. */
  readonly secrets: readonly string[];
  readonly unsigned: boolean;
  /** Id of one of the clients. */
  readonly client: string;
  readonly headers: readonly string[];
  readonly events?: readonly string[];
  readonly filter?: Readonly<Record<string, unknown>>;
  readonly bodyBytes?: number;
  readonly deliveryId?: string;
  readonly eventType?: string;
  readonly agent?: string;
  readonly map: {
    readonly text?: string;
    readonly sessionKey?: string;
    readonly userId?: string;
    readonly userName?: string;
    readonly callbackUrl?: string;
    readonly metadata?: Readonly<Record<string, string>>;
  };
}

/** How a sender signs that no scheme has a name for. */
export interface HmacConfig {
  readonly header: string;
  readonly prefix?: string;
  readonly separator?: ',' | ' ';
  readonly signatureKey?: string;
  readonly timestampKey?: string;
  readonly timestampHeader?: string;
  readonly windowS?: number;
  readonly algorithm?: 'sha256' | 'sha512' | 'sha1';
  readonly encoding?: 'hex' | 'base64';
  readonly template?: string;
  readonly idHeader?: string;
  readonly idField?: string;
}
