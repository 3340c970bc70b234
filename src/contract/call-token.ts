import * as z from 'zod/mini';
import { type ClaimKind, readClaim, signClaim } from './signed-claim.ts';

/** Which paid call of which step a completion is for. */
const CALL_CLAIM = z.strictObject({
  workflowId: z.string(),
  executionId: z.string(),
  activityId: z.string(),
  /** The paid call, from 1: a later call of the same step has another URL. */
  call: z.number(),
  maxAnswerBytes: z.number(),
  /** When the call is over, in milliseconds since the epoch. */
  expiresAt: z.number(),
});
export type CallClaim = z.infer<typeof CALL_CLAIM>;

const CALL: ClaimKind<CallClaim> = { purpose: 'garudust-temporal completion v1', schema: CALL_CLAIM };

/** The last part of a completion URL: the claim, and an HMAC over it that only this installation can make. */
export function signCall(claim: CallClaim, secret: string): string {
  return signClaim(CALL, claim, secret);
}

/**
 * Reads what `signCall` wrote; whether the call still waits is not its business.
 *
 * @param secrets any of them may have signed it, so that they can be rotated
 * @returns undefined for anything that none of them signed
 */
export function readCall(token: string, secrets: readonly string[]): CallClaim | undefined {
  return readClaim(CALL, token, secrets);
}
