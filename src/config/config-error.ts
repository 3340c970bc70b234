/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The setting as the reader wrote it: `clients[0].id`; empty where the file as a whole is meant. */
  readonly path: string;
  /** What is wrong and how to fix it, in one line, with where the value came from. */
  readonly line: string;
}

/**
 * Thrown when the configuration can't be used. The message lists every problem, one per line, and contains no
 * secret.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ line }) => `- ${line}`);
    const count = problems.length === 1 ? 'an error' : `${problems.length} errors`;
    super(`The configuration has ${count}:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

/** A text as a sentence: with a full stop, unless it ends with a question mark. */
export function endSentence(text: string): string {
  return text.endsWith('?') ? text : `${text}.`;
}
