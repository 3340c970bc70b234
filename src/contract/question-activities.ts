import * as z from 'zod/mini';
import { QUESTION } from './question.ts';
import { CALLBACK_URL, type CallbackReceipt, RETRY_DELAYS } from './run.ts';
import { filledText, positive, record, type Stored } from './stored.ts';

/** Input of `deliverQuestion`. One attempt of the activity is one HTTP request. */
export const DELIVER_QUESTION_INPUT = record({
  client: filledText('name a configured client'),
  runId: filledText('write the workflow ID'),
  url: CALLBACK_URL,
  /** The `webhook-id`: another one than that of the outcome, and the same on every attempt. */
  deliveryId: filledText('use the run id and the number of the question'),
  asked: QUESTION,
  sessionKey: z.exactOptional(z.string()),
  summary: z.exactOptional(z.string()),
  metadata: z.exactOptional(z.record(z.string(), z.string())),
  retryDelaysMs: RETRY_DELAYS,
  attemptTimeoutMs: positive(),
});
export type DeliverQuestionInput = Stored<typeof DELIVER_QUESTION_INPUT>;

/** Input of `linkQuestion`. */
export const LINK_QUESTION_INPUT = record({
  runId: filledText('write the workflow ID'),
  asked: z.pick(QUESTION, { id: true, askedAt: true, deadline: true }),
});
export type LinkQuestionInput = Stored<typeof LINK_QUESTION_INPUT>;

/** The activities of runs that ask a person. */
export interface QuestionActivities {
  /** Posts a question of a run to its callback URL once. Fails with a type of `FAILURES`. */
  deliverQuestion(input: DeliverQuestionInput): Promise<CallbackReceipt>;
  /** Makes the link of a question; undefined where the settings lack what it takes. */
  linkQuestion(input: LinkQuestionInput): Promise<string | undefined>;
}

/** Names of these activities in a history. */
export const QUESTION_ACTIVITIES: readonly string[] = [
  'deliverQuestion',
  'linkQuestion',
] satisfies (keyof QuestionActivities)[];
