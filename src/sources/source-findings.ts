import { RuleError } from '../templates/rule-error.ts';

/** A fault or a warning about a source. */
export interface SourceFinding {
  /** Place below the source's block in the file: `['map', 'text']`. */
  readonly path: readonly string[];
  /** Continues a sentence that begins with the place; without a full stop. */
  readonly message: string;
}

/** What compiling sources has found. */
export interface SourceFindings {
  /** What must be corrected. */
  readonly faults: readonly SourceFinding[];
  /** What works but should be changed. */
  readonly warnings: readonly SourceFinding[];
}

/** Receives a warning about what works but should be changed. */
export type Warn = (message: string) => void;

/** Collects faults and warnings. */
export class FindingCollector implements SourceFindings {
  readonly faults: SourceFinding[] = [];
  readonly warnings: SourceFinding[] = [];

  /** Runs a step. If it fails, records the fault at its place and returns undefined. */
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
