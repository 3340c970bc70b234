import * as z from 'zod/mini';
import type { Question } from './question.ts';
import { type ClaimKind, readClaim, signClaim } from './signed-claim.ts';

/** Which question of which run a link answers. */
const ANSWER_CLAIM = z.strictObject({
  runId: z.string(),
  question: z.string(),
  /** When it was asked, in milliseconds since the epoch: a run that is reset asks anew, perhaps about something else. */
  askedAt: z.number(),
  /** In milliseconds since the epoch. */
  expiresAt: z.number(),
});
export type AnswerClaim = z.infer<typeof ANSWER_CLAIM>;

const ANSWER: ClaimKind<AnswerClaim> = { purpose: 'garudust-temporal answer v1', schema: ANSWER_CLAIM };

/** How long the link of a question without a time limit holds: 30 days. */
const UNLIMITED_MS = 30 * 86_400_000;

/** What links are made of. Without both there are none. */
export interface AnswerLinks {
  /** Base of the public API, such as `https://agents.example.com`. */
  readonly publicUrl?: string;
  /** The first one signs, all verify. */
  readonly answerLinkSecret?: readonly string[];
}

/** What of a question its link is bound to. */
export type LinkedQuestion = Pick<Question, 'id' | 'askedAt' | 'deadline'>;

/**
 * The address of the page where whoever has it answers one question of one run. It is the same each time, and ends with the question.
 *
 * @returns undefined where the settings lack what it takes
 */
export function toAnswerLink(
  runId: string,
  { id, askedAt, deadline }: LinkedQuestion,
  { publicUrl, answerLinkSecret: [secret] = [] }: AnswerLinks,
): string | undefined {
  if (publicUrl === undefined || secret === undefined) return undefined;
  const asked = Date.parse(askedAt);
  const expiresAt = deadline === undefined ? asked + UNLIMITED_MS : Date.parse(deadline);
  return `${publicUrl}/answers/${signClaim(ANSWER, { runId, question: id, askedAt: asked, expiresAt }, secret)}`;
}

/**
 * Reads the last part of a link.
 *
 * @returns undefined for anything that none of the secrets signed
 */
export function readAnswerLink(token: string, secrets: readonly string[]): AnswerClaim | undefined {
  return readClaim(ANSWER, token, secrets);
}
