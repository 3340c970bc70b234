import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether two texts (as UTF-8) or byte strings are equal, in a time that does not tell where they differ.
 *
 * The digests are compared, so that the time does not tell whether the lengths differ either.
 */
export function constantTimeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(value: string | Uint8Array): Buffer {
  return createHash('sha256').update(value).digest();
}
