import type { AgentPolicy, CallbackTarget } from '../contract/run.ts';
import type { ListLimits } from './list-gate.ts';
import type { RunClient } from './run-client.ts';
import type { IgnoreWhy } from './sources/preset.ts';
import type { Source } from './sources/source.ts';
import type { StreamLimits } from './stream-slots.ts';

/** Who may call. */
export interface IngressClient {
  readonly id: string;
  /** Any of them verifies a delivery; several while rotating. */
  readonly webhookSecrets: readonly string[];
  /** Bearer keys for `/v1`; none: the client can't read its runs. */
  readonly apiKeys: readonly string[];
  /** Hosts that a callback may go to; empty: any public host. */
  readonly allowedCallbackDomains: readonly string[];
  /** Names of agents; absent: every agent. The first one serves where the default agent is not among them. */
  readonly permittedAgents?: readonly string[];
}

/** How large and how slow a request may be. */
export interface IngressLimits {
  /** Largest request body, in bytes. */
  readonly bodyBytes: number;
  /** Time from the headers to the last byte of the body, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** How long a refused sender may go on sending before the connection is cut, in milliseconds. */
  readonly lingerMs: number;
}

/** What policy says about a callback address. */
export type UrlVerdict = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** Judges a callback address as the caller wrote it. */
export type CheckUrl = (
  text: string,
  rules: { readonly allowedDomains: readonly string[]; readonly permitNetworks: readonly string[] },
) => Promise<UrlVerdict>;

/** What the ingress writes to; a pino logger fits. */
export interface IngressLogger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the ingress counts. */
export interface IngressMetrics {
  /** `route` is the route's pattern, never the path, so that the number of series stays small. */
  requestAnswered(labels: { route: string; method: string; status: number }, seconds: number): void;
  /** A verified event of a configured source started nothing. */
  eventIgnored?(labels: { source: string; why: IgnoreWhy }): void;
}

/** How callbacks of accepted runs are delivered, and where they may never go. */
export interface CallbackSettings extends Omit<CallbackTarget, 'url'> {
  /** Networks in CIDR form that an operator has opened. */
  readonly permitNetworks: readonly string[];
}

/** Everything that the ingress needs from outside. */
export interface AppDeps {
  readonly runs: RunClient;
  readonly clients: readonly IngressClient[];
  readonly agents: ReadonlyMap<string, AgentPolicy>;
  readonly defaultAgent: string;
  readonly callback: CallbackSettings;
  readonly checkUrl: CheckUrl;
  readonly limits: IngressLimits;
  /** A second path for tasks beside `/webhook`, such as `/invoke`. */
  readonly endpointPath: string;
  /** The configured sources, as `compileSources` makes them. Default: none. */
  readonly sources?: ReadonlyMap<string, Source>;
  /** Default: `DEFAULT_LIST_LIMITS`. */
  readonly listLimits?: Partial<ListLimits>;
  /** Default: `DEFAULT_STREAM_LIMITS`. */
  readonly streamLimits?: Partial<StreamLimits>;
  readonly logger: IngressLogger;
  readonly metrics: IngressMetrics;
  /** Milliseconds since the epoch; judges signed timestamps. Default: `Date.now`. */
  readonly now?: () => number;
}

/** What travels with one request through the middleware. */
export interface RequestState {
  requestId: string;
  /** Known once the caller has proved who it is. */
  client?: string;
  /** Name of the configured source whose path was asked for. */
  source?: string;
  /** Why an event started nothing. */
  ignored?: string;
  runId?: string;
  /** Code of the problem that was answered. */
  problem?: string;
}
