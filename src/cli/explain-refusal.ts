import { z } from 'zod';
import { ApiError } from './api-error.ts';
import type { Credential } from './find-credentials.ts';

/** What of `application/problem+json` is read here; codes that this version does not know are no fault. */
const problem = z.object({
  code: z.string(),
  title: z.string().optional(),
  detail: z.string().optional(),
});

/** With what the request was made, so that the error can name what to correct. */
export interface RefusalContext {
  readonly url: string;
  readonly secrets: Credential | undefined;
  readonly apiKey: Credential | undefined;
}

const PASSING_STATUS = [408, 429, 502, 503, 504];

/**
 * The error for an answer that is no success.
 *
 * @param answer `body` is the parsed JSON, or undefined when it is none
 */
export function explainRefusal(
  answer: { readonly status: number; readonly retryAfter: string | null; readonly body: unknown },
  context: RefusalContext,
): ApiError {
  const { status } = answer;
  const facts = {
    passing: PASSING_STATUS.includes(status),
    ambiguous: status >= 500,
    retryAfterMs: readRetryAfter(answer.retryAfter),
  };
  const parsed = problem.safeParse(answer.body);
  if (!parsed.success) {
    return new ApiError(
      `${context.url} answered with status ${status}, and not as this server does: check the address in --url or GARUDUST_TEMPORAL_URL.`,
      facts,
    );
  }
  const { code, title = 'The request was refused', detail } = parsed.data;
  return new ApiError(credentialMend(code, context) ?? sentence(title, detail, code), facts);
}

function sentence(title: string, detail: string | undefined, code: string): string {
  const text = detail === undefined ? `${title}.` : `${title}: ${detail}`;
  return `${text} (${code})`;
}

/** The server's own words are for whoever writes the request; here the mend is a variable. */
function credentialMend(code: string, { url, secrets, apiKey }: RefusalContext): string | undefined {
  if (code === 'signature_invalid') {
    return `${url} knows no secret that fits: GARUDUST_WEBHOOK_SECRET must be a webhook secret of that server, and ${heldBy(secrets)} is none. (${code})`;
  }
  if (code === 'api_key_invalid') {
    return `${url} does not know the API key: RUNS_API_KEY must be a key of that server, and ${heldBy(apiKey)} is none. (${code})`;
  }
  return undefined;
}

function heldBy(credential: Credential | undefined): string {
  return `the one in ${credential?.origin ?? 'use'}`;
}

/** Seconds or a date (RFC 9110 section 10.2.3), as milliseconds from now. */
function readRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}
