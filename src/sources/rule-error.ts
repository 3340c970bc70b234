/**
 * Thrown when a template, a path or a filter that an operator wrote can't be read. The message goes on after the place
 * where it stands, without a full stop: `has {{ evnt }}, and evnt is not known here: write event, …`.
 */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}

/**
 * The text of a word in double quotes, written as in JSON.
 *
 * @throws RuleError
 */
export function readQuoted(word: string): string {
  try {
    return JSON.parse(word) as string;
  } catch {
    throw new RuleError(`has ${word}, which is not text in the quotes of JSON: write \\n, \\" and \\\\ in it`);
  }
}
