import { nearestName } from '../settings/nearest-name.ts';

/**
 * Thrown when a template, a path or a filter that an operator wrote can't be read. The message goes on after the place
 * where it stands, without a full stop: `has {{ evnt }}, and evnt is not known here: write event, …`.
 */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}

/** The fix for an unknown name: the known one that it is nearest to, or all of them. */
export function suggest(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? `write one of ${known.join(', ')}` : `did you mean ${near}?`;
}
