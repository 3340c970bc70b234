import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';

/** A kind of URL that this installation alone can make: what it claims, and what for. */
export interface ClaimKind<Claim> {
  /** Distinguishes the signatures of one kind from those of another, also where they share a secret. */
  readonly purpose: string;
  readonly schema: z.ZodMiniType<Claim>;
}

const TOKEN = /^([\w-]{1,2048})\.([\w-]{43})$/;

/** The last part of a URL that is its own key: the claim, and an HMAC over it. */
export function signClaim<Claim>({ purpose }: ClaimKind<Claim>, claim: Claim, secret: string): string {
  const claims = toBase64Url(JSON.stringify(claim));
  return `${claims}.${macOf(purpose, claims, secret)}`;
}

/**
 * Reads what `signClaim` wrote; whether it still holds is the caller's business.
 *
 * @param secrets any of them may have signed it, so that they can be rotated
 * @returns undefined for anything that none of them signed
 */
export function readClaim<Claim>(
  { purpose, schema }: ClaimKind<Claim>,
  token: string,
  secrets: readonly string[],
): Claim | undefined {
  const [, claims = '', mac = ''] = TOKEN.exec(token) ?? [];
  if (claims === '') return undefined;
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  // Every secret is tried, so that the time tells nothing.
  const signed = secrets
    .map((secret) => timingSafeEqual(bytes(macOf(purpose, claims, secret)), bytes(mac)))
    .includes(true);
  if (!signed) return undefined;
  return z.parse(schema, JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))));
}

/** JSON has an escape for whatever is not ASCII. */
function toBase64Url(json: string): string {
  const ascii = json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return btoa(ascii).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function macOf(purpose: string, claims: string, secret: string): string {
  return createHmac('sha256', secret).update(`${purpose}\n`).update(claims).digest('base64url');
}
