import type { SignedHeaders } from './scheme.ts';

/**
 * The one value of a header, or undefined when it is not there.
 *
 * A header that is there more than once reads as the empty text, which no scheme accepts: which of the two was checked,
 * and which is read later, would be anyone's guess.
 *
 * @param name in lower case
 */
export function readHeader(headers: SignedHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined || typeof value === 'string') return value;
  const [first, ...more] = value;
  return more.length === 0 ? first : '';
}
