import type { SessionPolicy } from '../contract/session.ts';

/** A client of the ingress, as the settings define it. */
export interface IngressClient {
  readonly id: string;
  /** Each of them verifies a delivery; there are several during a rotation. */
  readonly webhookSecret: readonly string[];
  /** What a task must prove beside the secret. `timestamp`: a signed id and time. Absent: nothing. */
  readonly require?: 'timestamp';
  /** Bearer keys for `/v1`. Absent: the client cannot read its runs. */
  readonly apiKey?: readonly string[];
  /** Hosts that callbacks may go to. Empty: every public host. */
  readonly allowedCallbackDomains: readonly string[];
  /** Users that tasks may name, compared exactly. Absent: any user, or none. */
  readonly allowedUserIds?: readonly string[];
  /** Names of permitted agents. Absent: every agent. The first one is used when the default agent is not permitted. */
  readonly agents?: readonly string[];
  /** Names of the workflows that its tasks may name. Absent: every one. */
  readonly workflows?: readonly string[];
  /** The workflow of tasks that name neither agent nor workflow. Absent: an agent runs them. */
  readonly workflow?: string;
  /** What becomes of tasks whose session has a run already. Absent: the agent decides. */
  readonly sessionPolicy?: SessionPolicy;
  /** Whether the receivers of its callbacks are told of questions, too. */
  readonly callbackQuestions?: boolean;
  /** Absent: no limit. */
  readonly rateLimit?: ClientRate;
  /** Deliveries that are recorded at the same time. Absent: no limit. */
  readonly maxInFlight?: number;
}

/** How many deliveries a client may send in a window of time, which is a whole number of seconds. */
export interface ClientRate {
  readonly count: number;
  readonly windowMs: number;
}
