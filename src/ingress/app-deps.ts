import type { AgentPolicy } from '../contract/run.ts';
import type { ListLimits } from './limits/list-gate.ts';
import type { RunClient } from '../runs/run-client.ts';
import type { IgnoreWhy } from '../sources/preset.ts';
import type { Source } from '../sources/source.ts';
import type { StreamLimits } from './limits/stream-slots.ts';
import type { WaitLimits } from './limits/wait-slots.ts';
import type { ProblemCode } from '../protocol/problems.ts';

/** How many deliveries a client may send in a window of time, which is a whole number of seconds. */
export interface ClientRate {
  readonly count: number;
  readonly windowMs: number;
}

/** Who may call. */
export interface IngressClient {
  readonly id: string;
  /** Any of them verifies a delivery; several while rotating. */
  readonly webhookSecret: readonly string[];
  /** Bearer keys for `/v1`; absent: the client can't read its runs. */
  readonly apiKey?: readonly string[];
  /** Hosts that a callback may go to; empty: any public host. */
  readonly allowedCallbackDomains: readonly string[];
  /** On whose behalf tasks may be, written exactly so; absent: anybody's, and nobody's. */
  readonly allowedUserIds?: readonly string[];
  /** Names of agents; absent: every agent. The first one serves where the default agent is not among them. */
  readonly agents?: readonly string[];
  /** Absent: as often as it likes. */
  readonly rateLimit?: ClientRate;
  /** Deliveries that are recorded at once; absent: as many as it likes. */
  readonly maxInFlight?: number;
}

/** How large, how slow and how many requests may be: sizes in bytes, durations in milliseconds. */
export interface IngressLimits extends Partial<ListLimits>, Partial<StreamLimits>, Partial<WaitLimits> {
  /** Largest request body. */
  readonly body: number;
  /** Time from the headers to the last byte of the body. */
  readonly bodyTimeout: number;
  /** How long a refused sender may go on sending before the connection is cut. */
  readonly linger: number;
  /** Deliveries that are taken in at once, from all clients; absent: as many as come. */
  readonly maxInFlight?: number;
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

/** What a delivery came to; `code` is that of the problem that was answered, or why an event started nothing. */
export type DeliveryJudgement =
  | { readonly result: 'accepted' | 'duplicate'; readonly client: string; readonly source: string }
  | { readonly result: 'ignored'; readonly client: string; readonly source: string; readonly code: IgnoreWhy }
  | { readonly result: 'refused'; readonly client?: string; readonly source: string; readonly code: ProblemCode };

/** What the ingress counts. */
export interface IngressMetrics {
  /** `route` is the route's pattern, never the path, so that the number of series stays small. */
  requestAnswered(labels: { route: string; method: string; status: number }, seconds: number): void;
  /** A verified event of a configured source started nothing. */
  eventIgnored?(labels: { source: string; why: IgnoreWhy }): void;
  /** Once for every delivery, whatever became of it. */
  deliveryJudged?(delivery: DeliveryJudgement): void;
  /** A run was recorded that was not there before. */
  runStarted?(labels: { client: string; agent: string }): void;
}

/** How callbacks of accepted runs are delivered, and where they may never go. */
export interface CallbackSettings {
  /** Waits after each failed attempt, in milliseconds; so are the two below. */
  readonly retryDelays: readonly number[];
  readonly attemptTimeout: number;
  readonly deadLetter: number;
  /** Networks in CIDR form that an operator has opened. */
  readonly permitNetworks: readonly string[];
}

/** An agent that can't work, whatever the task: in `/readyz`. */
export interface AgentAtFault {
  readonly name: string;
  /** A failure type of the class `agent`. */
  readonly code: string;
}

/** Everything that the ingress needs from outside. */
export interface AppDeps {
  readonly runs: RunClient;
  readonly clients: readonly IngressClient[];
  readonly agents: ReadonlyMap<string, AgentPolicy>;
  readonly defaultAgent: string;
  readonly callback: CallbackSettings;
  readonly checkUrl: CheckUrl;
  /** Where one is left out, the `DEFAULT_*_LIMITS` of the modules in `limits/` hold. */
  readonly limits: IngressLimits;
  /** A second path for tasks beside `/webhook`, such as `/invoke`. */
  readonly endpointPath: string;
  /** The configured sources, as `compileSources` makes them. Default: none. */
  readonly sources?: ReadonlyMap<string, Source>;
  /** The agents that are at fault at the moment, as far as this process knows. Default: none. */
  readonly agentsAtFault?: () => readonly AgentAtFault[];
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
  /** Of a delivery: `webhook`, or the name of the configured source whose path was asked for. */
  source?: string;
  /** Why an event started nothing. */
  ignored?: string;
  runId?: string;
  /** Whether the run of a delivery was there before. */
  duplicate?: boolean;
  /** Code of the problem that was answered. */
  problem?: string;
}
