import type { AgentPolicy } from '../contract/run.ts';
import type { Mode } from './layers.ts';

/** The configuration as the rooms take it: durations in milliseconds, sizes in bytes, nothing left to look up. */
export interface Config {
  readonly mode: Mode;
  readonly ingress: IngressConfig;
  readonly admin: { readonly host: string; readonly port: number };
  readonly clients: readonly ClientConfig[];
  /** In the order of the file. */
  readonly agents: readonly AgentConfig[];
  /** Name of one of the agents. */
  readonly defaultAgent: string;
  /** In the order of the file. */
  readonly sources: readonly SourceConfig[];
  readonly callback: CallbackConfig;
  readonly taskQueue: string;
  readonly worker: WorkerConfig;
  /** Without a slash at its end. */
  readonly temporalUiUrl?: string;
  readonly log: { readonly level: LogLevel; readonly format: 'json' | 'pretty' };
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface IngressConfig {
  /** False where webhooks are not to be taken: only a worker runs. */
  readonly enabled: boolean;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Beside `/webhook`. */
  readonly endpointPath: string;
  readonly bodyLimitBytes: number;
  /** Deliveries that are taken in at once, from all clients. */
  readonly maxInFlight: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** Headers and body together, and a second more: the server's own last resort behind the kinder two. */
  readonly requestTimeoutMs: number;
  readonly shutdownGraceMs: number;
  /** Of the list of runs. */
  readonly listLimits: { readonly inAll: ListRate; readonly perClient: ListRate; readonly sameForMs: number };
  /** Of event streams. */
  readonly streamLimits: {
    readonly perClient: number;
    readonly inAll: number;
    readonly keepAliveMs: number;
    readonly stalledMs: number;
  };
  /** Of polls that wait. */
  readonly waitLimits: { readonly perClient: number; readonly inAll: number };
}

/** So many at once, and then at a steady rate. */
interface ListRate {
  readonly perSecond: number;
  readonly burst: number;
}

/** One caller. */
export interface ClientConfig {
  readonly id: string;
  /** One at least. */
  readonly webhookSecrets: readonly string[];
  /** None: the client can't read its runs. */
  readonly apiKeys: readonly string[];
  /** One at least: its own, else the webhook secrets. */
  readonly callbackSecrets: readonly string[];
  /** Lower case, punycode; empty: any public host. */
  readonly allowedCallbackDomains: readonly string[];
  /** Exactly as tasks name them, one at least; absent: any user, or none. */
  readonly allowedUserIds?: readonly string[];
  /** Absent: every agent. */
  readonly permittedAgents?: readonly string[];
  readonly callbackHeaders: Readonly<Record<string, string>>;
  /** Deliveries that one process takes in a window of time. */
  readonly rateLimit: { readonly count: number; readonly windowMs: number };
  /** Deliveries that one process records at once. */
  readonly maxInFlight: number;
}

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

export interface CallbackConfig {
  /** CIDR. */
  readonly permitNetworks: readonly string[];
  /** May hold credentials. Absent: callbacks go straight to their receivers. */
  readonly proxy?: string;
  readonly retryDelaysMs: readonly number[];
  readonly attemptTimeoutMs: number;
  readonly deadLetterMs: number;
  /** Answers that end the tries. */
  readonly stopStatuses: readonly number[];
  /** Most tries at once to one host in one worker. */
  readonly perHost: number;
  /** Where the operator hears of dead letters. Absent: nowhere. */
  readonly deadLetterWebhook?: { readonly url: string; readonly secrets?: readonly string[] };
}

export interface WorkerConfig {
  readonly maxConcurrentActivities: number;
  readonly shutdownGraceMs: number;
  /** Absolute; absent: no journal. */
  readonly journalDir?: string;
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
