import * as z from 'zod/mini';
import { POLICY_CHANGES } from './agent-policy.ts';
import type { FailureType } from './failures.ts';
import type { JsonValue } from './json-value.ts';
import { SESSION_PLACE } from './session.ts';
import { filledText, MAX_DURATION_MS, optionalText, positive, record, type Stored } from './stored.ts';

/**
 * What Temporal stores about a run. Histories keep these shapes for as long as the namespace retains them, so a change here is a
 * database migration: only add optional fields, and run `test/replay` before you merge.
 */

const MAX_URL = 8192;
const MAX_DELAYS = 64;

/** What the agent is asked. */
export const TASK = record({
  /** The instruction itself, never empty. */
  text: filledText('say what the agent should do'),
  /** The conversation that the task belongs to, as the caller named it. */
  sessionKey: optionalText(),
  userId: optionalText(),
  userName: optionalText(),
  /** What the caller, or a source's operator, adds to the task: for people, and for an agent that reads it. */
  metadata: z.exactOptional(
    z.record(z.string(), z.string({ error: 'is not a text: write it in quotes.' }), {
      error: 'is not an object of texts: remove it or correct it.',
    }),
  ),
});
export type Task = Stored<typeof TASK>;

/** A callback URL. Egress rules are checked elsewhere. */
export const CALLBACK_URL = filledText(`write a URL of at most ${MAX_URL} characters`).check(
  z.maxLength(MAX_URL, { error: `has more than ${MAX_URL} characters.` }),
);

const DELAYS_ERROR = `is not a list of at most ${MAX_DELAYS} delays in milliseconds, from 0 to 365 days.`;
const DELAY = z
  .number({ error: DELAYS_ERROR })
  .check(z.nonnegative({ error: DELAYS_ERROR }), z.maximum(MAX_DURATION_MS, { error: DELAYS_ERROR }));
export const RETRY_DELAYS = z
  .array(DELAY, { error: DELAYS_ERROR })
  .check(z.maxLength(MAX_DELAYS, { error: DELAYS_ERROR }));

/** Where and how to deliver the outcome. Durations are milliseconds. */
export const CALLBACK_TARGET = record({
  url: CALLBACK_URL,
  /** The delay after each failed attempt; there is one attempt more than there are delays. */
  retryDelaysMs: RETRY_DELAYS,
  attemptTimeoutMs: positive(),
  /** How long an undeliverable run stays open for a redelivery. */
  deadLetterMs: positive(),
  /** Whether the receiver is told, too, that the run asks a person. Absent: no. */
  tellsQuestions: z.exactOptional(z.boolean({ error: 'is not true or false.' })),
});
export type CallbackTarget = Stored<typeof CALLBACK_TARGET>;

/** How a person approves a task before its agent is asked. */
export const APPROVAL = record({
  /** Default: `Run this task?` */
  question: optionalText(),
  timeoutMs: positive().check(z.maximum(MAX_DURATION_MS, { error: 'is longer than 365 days.' })),
  /** What counts when nobody answers in time. Default: `refuse`. */
  default: z.exactOptional(z.enum(['approve', 'refuse'], { error: 'is neither approve nor refuse.' })),
});

/** Input of the workflow `agentRun`. */
export const AGENT_RUN_INPUT = record({
  task: TASK,
  /** ID of the configured client that asked. */
  client: filledText('name a configured client'),
  /** Source of the delivery: `webhook`, or the name of a configured source. */
  source: filledText('name a configured source, or write "webhook"'),
  /** Name of the configured agent. */
  agent: filledText('name a configured agent'),
  /** What differs from the agent's own policy, which its worker knows. */
  agentPolicy: z.exactOptional(POLICY_CHANGES),
  callback: z.exactOptional(CALLBACK_TARGET),
  /** Signals the outcome to the parent workflow once the agent has answered, which need not wait for the callback. */
  tellsParent: z.exactOptional(z.boolean({ error: 'is not true or false.' })),
  /** Where the run waits for its turn. Absent: it has no session key, or does not wait. */
  session: z.exactOptional(SESSION_PLACE),
  /** Absent: nobody is asked. */
  approval: z.exactOptional(APPROVAL),
});
export type AgentRunInput = Stored<typeof AGENT_RUN_INPUT>;

/** Input of a workflow that `workflows` of the settings names: one of a team, as a run. */
export const OWN_RUN_INPUT = record({
  /** Name of the workflow in the settings, which is its type in Temporal. */
  workflow: filledText('name a workflow of the settings'),
  /** What the workflow is given. Absent: the text of the task. */
  input: z.exactOptional(z.unknown()),
  /** Its text is what was asked, or the beginning of `input` as JSON. */
  task: TASK,
  client: filledText('name a configured client'),
  source: filledText('name a configured source, or write "webhook"'),
  callback: z.exactOptional(CALLBACK_TARGET),
  session: z.exactOptional(SESSION_PLACE),
  approval: z.exactOptional(APPROVAL),
});
export type OwnRunInput = Omit<Stored<typeof OWN_RUN_INPUT>, 'input'> & {
  readonly input?: unknown;
  readonly agent?: never;
  readonly agentPolicy?: never;
};

/** Input of a run, of whatever kind. */
export type RunInput = AgentRunInput | OwnRunInput;

/** What a run executes: an agent, or a workflow of a team. */
export function executorOf(input: RunInput): { readonly agent: string } | { readonly workflow: string } {
  return 'workflow' in input ? { workflow: input.workflow } : { agent: input.agent };
}

/** The name of what a run executes, for metrics. */
export function nameOf(input: RunInput): string {
  return 'workflow' in input ? input.workflow : input.agent;
}

/** Where `findMisspelt` looks in the input of `agentRun`. */
export const AGENT_RUN_FIELDS = {
  '': AGENT_RUN_INPUT,
  task: TASK,
  agentPolicy: POLICY_CHANGES,
  callback: CALLBACK_TARGET,
  session: SESSION_PLACE,
  approval: APPROVAL,
} as const;

const USAGE_ERROR = 'is not a number: remove it or correct it.';

/**
 * Most bytes of a run's input as JSON. Temporal takes 2 MiB of one payload (`limit.blobSize.error`), and the input of the agent's
 * activity is a little larger.
 */
export const MAX_RUN_INPUT_BYTES = 2 * 1024 * 1024 - 64 * 1024;

/** What a run cost, as far as the agent reported it. */
export const USAGE = record({
  inputTokens: z.exactOptional(z.number({ error: USAGE_ERROR })),
  outputTokens: z.exactOptional(z.number({ error: USAGE_ERROR })),
  /** Those of `inputTokens` that the provider read from its cache. */
  cachedInputTokens: z.exactOptional(z.number({ error: USAGE_ERROR })),
  iterations: z.exactOptional(z.number({ error: USAGE_ERROR })),
  /** Calls of the model. */
  calls: z.exactOptional(z.number({ error: USAGE_ERROR })),
  /** US dollars, as the agent reports them: a decimal fraction. */
  costUsd: z.exactOptional(z.number({ error: USAGE_ERROR })),
});
export type Usage = Stored<typeof USAGE>;

/** Result of the activity `runAgent`. */
export interface AgentAnswer {
  readonly output: string;
  /** What the agent answers beside the text, as JSON. */
  readonly data?: JsonValue;
  readonly usage?: Usage;
  /** The agent's own name of its session, to find it there. */
  readonly agentSession?: string;
}

/** How a run ended for its caller, whether or not its callback was delivered. */
export const OUTCOME_STATUSES = ['completed', 'failed', 'timed_out', 'canceled'] as const;
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];

/** A failure as a caller may see it: a type from the failure table and a sentence of our own. */
export const OUTCOME_ERROR = z.object(
  {
    code: z.custom<FailureType>((code: unknown) => typeof code === 'string' && code !== '', {
      error: 'is missing or empty: name a failure type.',
    }),
    message: z.string({ error: 'is missing: write a sentence.' }),
  },
  { error: 'does not have the form {"code", "message"}.' },
);
export type OutcomeError = Stored<typeof OUTCOME_ERROR>;

const TEXT_ERROR = 'is not a text: remove it or correct it.';

/** What the callback reports. */
export const RUN_OUTCOME = record({
  status: z.enum(OUTCOME_STATUSES, { error: `is none of ${OUTCOME_STATUSES.join(', ')}.` }),
  output: z.exactOptional(z.string({ error: TEXT_ERROR })),
  data: z.exactOptional(z.custom<JsonValue>()),
  error: z.exactOptional(OUTCOME_ERROR),
  usage: z.exactOptional(USAGE),
  agentSession: z.exactOptional(z.string({ error: TEXT_ERROR })),
  sessionKey: z.exactOptional(z.string({ error: TEXT_ERROR })),
  /** What was asked, in one line; absent in runs of earlier versions. */
  summary: z.exactOptional(z.string({ error: TEXT_ERROR })),
  /** As `shownMetadata` gives it; absent where there is none. */
  metadata: z.exactOptional(
    z.record(z.string(), z.string({ error: TEXT_ERROR }), { error: 'is not an object of texts.' }),
  ),
  /** The run whose call of the agent answered this one too. Absent: its own. */
  collectedInto: z.exactOptional(z.string({ error: TEXT_ERROR })),
  /** ISO 8601, UTC. */
  finishedAt: z.custom<string>((text) => typeof text === 'string' && !Number.isNaN(Date.parse(text)), {
    error: 'is not a time: write it as 2026-01-31T12:00:00.000Z.',
  }),
});
export type RunOutcome = Stored<typeof RUN_OUTCOME>;

/** How often a run's callback can be sent again: each time adds some 20 events to its history, of which Temporal keeps 51,200. */
export const MAX_REDELIVERIES = 500;

/** Proof that a receiver accepted the callback. */
export interface CallbackReceipt {
  readonly statusCode: number;
  readonly attempts: number;
  /** ISO 8601, UTC. */
  readonly deliveredAt: string;
  /** From the first lookup to the end of the answer. */
  readonly durationMs?: number;
  /** The IP address that was dialled. For operators: never shown to a caller. */
  readonly address?: string;
}

/** Why a delivery attempt failed, in one word. */
export const DELIVERY_ERROR_CLASSES = [
  'dns',
  'refused_by_policy',
  'connect',
  'tls',
  'timeout',
  'protocol',
  'status',
] as const;
export type DeliveryErrorClass = (typeof DELIVERY_ERROR_CLASSES)[number];

/** One failed delivery attempt, as the details of its failure hold it. */
export interface DeliveryAttempt {
  readonly errorClass: DeliveryErrorClass;
  /** ISO 8601, UTC: when the attempt ended. */
  readonly at: string;
  readonly durationMs: number;
  readonly statusCode?: number;
  /** The IP address that was dialled. For operators: never shown to a caller. */
  readonly address?: string;
  /** Which attempt it was, where Temporal's count includes deferred ones. */
  readonly tries?: number;
}

/** Result of the workflow `agentRun`. */
export interface AgentRunResult extends AgentAnswer {
  readonly callback?: CallbackReceipt;
}

/** Result of a workflow of a team, as a run. */
export interface OwnRunResult {
  /** What it returned: a text as it is, anything else as JSON. */
  readonly output: string;
  /** What it returned, where that is no text. */
  readonly data?: JsonValue;
  /** The sum of what its agents reported. */
  readonly usage?: Usage;
  readonly callback?: CallbackReceipt;
}

/** Input of the workflow `callbackRedelivery`. Durations are milliseconds. */
export const CALLBACK_REDELIVERY_INPUT = record({
  /** The closed run. The callback names it, and its `webhook-id` is this. */
  runId: filledText('write the run id'),
  /** ID of the configured client whose secrets sign. */
  client: filledText('name a configured client'),
  url: CALLBACK_URL,
  retryDelaysMs: RETRY_DELAYS,
  attemptTimeoutMs: positive(),
  /** What the run's own callback was given. */
  outcome: RUN_OUTCOME,
});
export type CallbackRedeliveryInput = Stored<typeof CALLBACK_REDELIVERY_INPUT>;

/** Memo of `callbackRedelivery`. */
export interface RedeliveryMemo extends Record<string, unknown> {
  readonly client: string;
  /** The closed run. */
  readonly runId: string;
  /** Which redelivery of the closed run it is, from 1. */
  readonly number: number;
}

/** Memo of a run: what a duplicate or a poll needs, without the run's input. */
export interface RunMemo extends Record<string, unknown> {
  readonly client: string;
  readonly source: string;
  /** Absent where a workflow of a team runs. */
  readonly agent?: string;
  /** The workflow of a team that runs: the type of the workflow. */
  readonly workflow?: string;
  /**
   * SHA-256, hex, of the raw request body, or of the part of it that stays the same when a source retries. Distinguishes a repeat from
   * another body under the same key. Absent where nothing starts the run twice.
   */
  readonly bodySha256?: string;
  readonly callbackUrl?: string;
  readonly sessionKey?: string;
  readonly userId?: string;
  /** The sender's ID of the delivery; absent where it gave none. */
  readonly deliveryId?: string;
  /** When it was to start, in ISO 8601; absent where at once. */
  readonly startsAt?: string;
  /** The run whose call of the agent answers this one too; null where it was to, and does not. The workflow writes it. */
  readonly collectedInto?: string | null;
  /** The task in one line. Runs of earlier versions have none. */
  readonly summary?: string;
  /** As `shownMetadata` gives it; absent where the task has none. */
  readonly metadata?: Readonly<Record<string, string>>;
}
