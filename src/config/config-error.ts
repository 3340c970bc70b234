/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The setting as the reader wrote it: `clients[0].id`; empty where the file as a whole is meant. */
  readonly path: string;
  /** What was wrong and how to mend it, in one line, with where the value came from. */
  readonly line: string;
}

/**
 * Thrown when the configuration can't be used. The message tells every problem, one a line, for a person to read; no
 * secret is in it.
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
