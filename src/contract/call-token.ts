import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';

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

const PURPOSE = 'garudust-temporal completion v1\n';
const TOKEN = /^([\w-]{1,2048})\.([\w-]{43})$/;

/** The last part of a completion URL: the claim, and an HMAC over it that only this installation can make. */
export function signCall(claim: CallClaim, secret: string): string {
  const claims = toBase64Url(JSON.stringify(claim));
  return `${claims}.${macOf(claims, secret)}`;
}

/**
 * Reads what `signCall` wrote; whether the call still waits is not its business.
 *
 * @param secrets any of them may have signed it, so that they can be rotated
 * @returns undefined for anything that none of them signed
 */
export function readCall(token: string, secrets: readonly string[]): CallClaim | undefined {
  const [, claims = '', mac = ''] = TOKEN.exec(token) ?? [];
  if (claims === '') return undefined;
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  // Every secret is tried, so that the time tells nothing.
  const signed = secrets.map((secret) => timingSafeEqual(bytes(macOf(claims, secret)), bytes(mac))).includes(true);
  if (!signed) return undefined;
  return CALL_CLAIM.parse(JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))));
}

/** JSON has an escape for whatever is not ASCII. */
function toBase64Url(json: string): string {
  const ascii = json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return btoa(ascii).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function macOf(claims: string, secret: string): string {
  return createHmac('sha256', secret).update(PURPOSE).update(claims).digest('base64url');
}
