import { nearestName } from '../values/nearest-name.ts';

/**
 * Thrown if a template, a path, a filter or another rule of a source is not valid. The message continues a sentence that
 * begins with the place, without a full stop: `uses "evnt", but there is no "evnt" here: begin with event, …`.
 */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}

/**
 * The fix for an unknown name: the nearest known one, or all of them.
 *
 * @param others what is called otherwise elsewhere, by its name there in lower case
 */
export function suggest(name: string, known: readonly string[], others: Readonly<Record<string, string>> = {}): string {
  const elsewhere = name.toLowerCase();
  const near = Object.hasOwn(others, elsewhere) ? others[elsewhere] : nearestName(name, known);
  return near === undefined ? `write one of ${known.join(', ')}` : `did you mean ${near}?`;
}
