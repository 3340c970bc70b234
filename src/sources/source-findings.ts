import { RuleError } from './rule-error.ts';

/** Something about a source that its operator should know. */
export interface SourceFinding {
  /** Where, below the source's block in the file: `['map', 'text']`. */
  readonly path: readonly string[];
  /** Goes on after the place, without a full stop. */
  readonly message: string;
}

/** What was found while sources were compiled. */
export interface SourceFindings {
  /** What has to be corrected first. */
  readonly faults: readonly SourceFinding[];
  /** What works, and should be written otherwise. */
  readonly warnings: readonly SourceFinding[];
}

/** Takes what works and should be written otherwise. */
export type Warn = (message: string) => void;

/** Collects what steps of compiling find. */
export class FindingCollector implements SourceFindings {
  readonly faults: SourceFinding[] = [];
  readonly warnings: SourceFinding[] = [];

  /** Runs a step; where it fails, notes the fault at its place and gives undefined. */
  collect<T>(path: readonly string[], make: (warn: Warn) => T): T | undefined {
    try {
      return make((message) => this.warnings.push({ path, message }));
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      this.faults.push({ path, message: error.message });
      return undefined;
    }
  }
}
