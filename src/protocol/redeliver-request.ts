import { z } from 'zod';
import type { ProblemField } from './problem-error.ts';

/** The body of `POST /v1/runs/:id/redeliver`; no body at all means the same as `{}`. */
export const redeliverRequest = z.strictObject({ callback_url: z.string().max(8192).optional() });

export type RedeliverParse = { ok: true; callbackUrl: string | undefined } | { ok: false; errors: ProblemField[] };

/**
 * Reads the body of a redelivery.
 *
 * @param body parsed JSON, of any shape
 */
export function parseRedeliverRequest(body: unknown): RedeliverParse {
  const parsed = redeliverRequest.safeParse(body);
  if (parsed.success) return { ok: true, callbackUrl: parsed.data.callback_url };
  const errors = parsed.error.issues.flatMap((issue): ProblemField[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((field) => ({ field, message: 'is not a known field: the only field is callback_url' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  );
  return { ok: false, errors };
}
