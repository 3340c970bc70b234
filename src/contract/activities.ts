import * as z from 'zod/mini';
import {
  type AgentAnswer,
  CALLBACK_URL,
  type CallbackReceipt,
  DELIVERY_ERROR_CLASSES,
  RETRY_DELAYS,
  RUN_OUTCOME,
  TASK,
  type Usage,
} from './run.ts';
import { toUsage } from './to-usage.ts';
import { POLICY_CHANGES } from './agent-policy.ts';
import { FAILED_TRY } from './first-try.ts';
import type { JsonValue } from './json-value.ts';
import { filledText, MAX_DURATION_MS, orElse, positive, record, type Stored } from './stored.ts';

const RUN_IDS = z.array(z.string({ error: 'is not a run id.' }), { error: 'is not a list of run ids.' });

/** Input of `runAgent`. */
export const RUN_AGENT_INPUT = record({
  agent: filledText('name a configured agent'),
  client: filledText('name a configured client'),
  task: TASK,
  /** What differs from the agent's own policy. */
  policy: z.exactOptional(POLICY_CHANGES),
  /** Runs whose tasks are asked in the same call, behind this one's. The activity reads them. */
  collected: z.exactOptional(RUN_IDS),
  /** Runs of the same session that were answered before, the latest last. The activity reads them for an agent without a memory. */
  earlier: z.exactOptional(RUN_IDS),
});
export type RunAgentInput = Stored<typeof RUN_AGENT_INPUT>;

/** Where `findMisspelt` looks in the input of `runAgent`. */
export const RUN_AGENT_FIELDS = { '': RUN_AGENT_INPUT, task: TASK, policy: POLICY_CHANGES } as const;

/** Input of `deliverCallback`. One attempt of the activity is one HTTP request. */
export const DELIVER_CALLBACK_INPUT = record({
  client: filledText('name a configured client'),
  runId: filledText('write the workflow ID'),
  url: CALLBACK_URL,
  /** The `webhook-id`: the same on every attempt and on every redelivery. */
  deliveryId: z
    .string({ error: 'is missing: use the run id.' })
    .check(z.regex(/^[\x21-\x7e]{1,255}$/, { error: 'is not 1 to 255 visible ASCII characters: use the run id.' })),
  /** Absent on a redelivery: the first delivery with the same activity ID was given it, and the activity reads it there. */
  outcome: z.exactOptional(RUN_OUTCOME),
  retryDelaysMs: RETRY_DELAYS,
  attemptTimeoutMs: positive().check(z.maximum(MAX_DURATION_MS, { error: 'is longer than 365 days.' })),
  /** The run was a dead letter before: the operator has been notified. */
  diedBefore: z.exactOptional(z.boolean({ error: 'is not true or false.' })),
  /** The request that was sent within the workflow task and failed: the first attempt takes its place. */
  tried: z.exactOptional(FAILED_TRY),
});
export type DeliverCallbackInput = Stored<typeof DELIVER_CALLBACK_INPUT>;

/** What is known of the last delivery attempt. Invalid fields count as unknown. */
const LAST_ATTEMPT = z.object({
  errorClass: orElse(z.optional(z.enum(DELIVERY_ERROR_CLASSES)), undefined),
  statusCode: orElse(z.optional(z.number()), undefined),
  tries: orElse(z.optional(z.number()), undefined),
});

/** Input of `reportDeadLetter`. The URL may be anything: it may be what ended the delivery. */
export const REPORT_DEAD_LETTER_INPUT = record({
  client: filledText('name a configured client'),
  runId: filledText('write the workflow ID'),
  url: z.string({ error: 'is missing.' }),
  /** The last attempt that is known to have failed; absent where there was none. */
  lastTry: orElse(z.optional(LAST_ATTEMPT), undefined),
});
export type ReportDeadLetterInput = Stored<typeof REPORT_DEAD_LETTER_INPUT>;

/** The activities that a worker serves and a workflow calls through `proxyActivities<Activities>`. */
export interface Activities {
  /** Calls the agent once. Fails with a type of `FAILURES`. */
  runAgent(input: RunAgentInput): Promise<AgentAnswer>;
  /** Posts the outcome to the callback URL once. Fails with a type of `FAILURES`. */
  deliverCallback(input: DeliverCallbackInput): Promise<CallbackReceipt>;
  /** Notifies the operator of a dead letter when `deliverCallback` could not, because Temporal ended it. */
  reportDeadLetter(input: ReportDeadLetterInput): Promise<void>;
}

/**
 * Activity IDs, by which the Temporal UI and every status reader find them.
 *
 * @example
 * const { pendingActivities } = (await client.workflow.getHandle(id).describe()).raw;
 * const agent = pendingActivities?.find(({ activityId }) => activityId === ACTIVITY_ID.agent);
 */
export const ACTIVITY_ID = { agent: 'agent', callback: 'callback', deadLetter: 'dead-letter' } as const;

/** Activity types, by which a step of an agent is known whatever its ID. */
export const ACTIVITY_TYPE = { agent: 'runAgent' } as const satisfies Record<string, keyof Activities>;

const count = orElse(z.int().check(z.nonnegative()), 0);

/** What `runAgent` heartbeats. It outlives the attempt, so a later attempt knows what earlier ones cost. */
export interface AgentProgress {
  /** Calls that may have cost money, including this one. */
  readonly paidAttempts: number;
  readonly maxAttempts: number;
  /** Calls that cost nothing because the agent took no task. */
  readonly agentFaults: number;
  /** The workflow knows that its agent is at fault. */
  readonly announced?: true | undefined;
  /** Since when the task waits for a permit: milliseconds after the activity was scheduled. Absent while it does not wait. */
  readonly queuedAtMs?: number | undefined;
  /** What the agent is doing, in a few words. */
  readonly progress?: string;
  /** The answer as far as it is written. */
  readonly text?: TextTail;
  /** What the agent itself posted of its call, to the ingress. */
  readonly posted?: PostedProgress | undefined;
  /** The call that failed last. A failure carries it, so a later attempt knows that Temporal has that failure. */
  readonly ended?: string | undefined;
  /** The handle of the paid call that is under way, or was when its worker was lost. */
  readonly checkpoint?: Checkpoint | undefined;
  /** How often a call was resumed, one crash after the other. */
  readonly resumes?: number | undefined;
  /** The last paid call that is known to be over, by its number. */
  readonly over?: number | undefined;
  /** What failed calls cost, as far as the agent told. */
  readonly spent?: Usage | undefined;
}

/** The end of a text that an agent writes piece by piece. */
export interface TextTail {
  /** Where the tail begins in the text, in UTF-16 units. */
  readonly offset: number;
  readonly text: string;
}

/** Progress that an agent posted. The ingress writes it into the details of a heartbeat, and the worker keeps it there. */
export interface PostedProgress {
  /** The paid call. */
  readonly call: number;
  /** From 1 in each call: of two, the higher has more. */
  readonly number: number;
  readonly progress?: string;
  readonly text?: TextTail;
}

/** A handle that the next attempt resumes a call by. */
export interface Checkpoint {
  readonly handle: JsonValue;
  /** From 1 in each paid call: of two, the higher is the later one. */
  readonly number: number;
}

const CHECKPOINT = z.object({ handle: z.custom<JsonValue>((value) => value !== undefined), number: count });

const POSTED = z.object({
  call: count,
  number: count,
  progress: z.exactOptional(z.string()),
  text: z.exactOptional(z.object({ offset: count, text: z.string() })),
});

const AGENT_COUNTS = orElse(
  z.object({
    paidAttempts: count,
    agentFaults: count,
    checkpoint: orElse(z.optional(CHECKPOINT), undefined),
    posted: orElse(z.optional(POSTED), undefined),
    resumes: orElse(z.optional(count), undefined),
    over: orElse(z.optional(count), undefined),
    spent: orElse(z.optional(z.unknown()), undefined),
    queuedAtMs: orElse(z.optional(z.number().check(z.nonnegative())), undefined),
    ended: orElse(z.optional(z.string()), undefined),
    announced: orElse(z.optional(z.literal(true)), undefined),
  }),
  { paidAttempts: 0, agentFaults: 0 },
);

/** The counts of earlier attempts of `runAgent`. Missing or invalid details count as 0. */
export function readAgentProgress(details: unknown, maxAttempts: number): AgentProgress {
  const { spent, ...counts } = z.parse(AGENT_COUNTS, details);
  return { ...counts, spent: toUsage(spent), maxAttempts };
}

/** What `deliverCallback` heartbeats for later attempts. Invalid fields count as absent. */
const CALLBACK_PROGRESS = orElse(
  z.object({
    /** The workflow knows that an attempt has failed. */
    announced: orElse(z.optional(z.literal(true)), undefined),
    /** Deferred attempts, which do not count. */
    parked: orElse(z.optional(z.int().check(z.positive())), undefined),
  }),
  {},
);
export type CallbackProgress = Partial<Stored<typeof CALLBACK_PROGRESS>>;

/** Reads what earlier attempts of `deliverCallback` heartbeated. */
export function readCallbackProgress(details: unknown): CallbackProgress {
  return z.parse(CALLBACK_PROGRESS, details);
}
