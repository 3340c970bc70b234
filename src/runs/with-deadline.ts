import { ProblemError } from '../protocol/problems.ts';

/**
 * Waits for Temporal no longer than a request may.
 *
 * The SDK's own deadlines are no hard bound: under RESOURCE_EXHAUSTED a native call with 3 s takes 15 s, and it can't
 * be aborted. So the call is left to end by itself; the run id makes a repeat harmless.
 *
 * @param call is started only here, so that a rejection never goes unheard
 * @throws ProblemError `temporal_unavailable` after `deadlineMs`; otherwise whatever the call rejects with
 */
export async function withDeadline<T>(deadlineMs: number, call: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable('Temporal did not answer in time')), deadlineMs);
  });
  const answer = call();
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The answer while Temporal is away. */
export function unavailable(why: string): ProblemError {
  return new ProblemError(
    'temporal_unavailable',
    `${why}: try again, with the same Idempotency-Key where you sent one.`,
  );
}
