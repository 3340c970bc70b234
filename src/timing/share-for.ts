/**
 * Lets many callers share one result: while `look` is under way all wait for it, and its result is reused.
 *
 * @param ms how long a result is reused, from when it was asked for
 * @param look never rejects
 * @param now monotonic milliseconds; default: `performance.now`
 */
export function shareFor<T>(
  ms: number,
  look: () => Promise<T>,
  now = (): number => performance.now(),
): () => Promise<T> {
  let shared: { readonly since: number; readonly result: Promise<T> } | undefined;
  let isPending = false;
  return () => {
    if (shared !== undefined && (isPending || now() - shared.since < ms)) return shared.result;
    isPending = true;
    const result = look().finally(() => (isPending = false));
    shared = { since: now(), result };
    return result;
  };
}
