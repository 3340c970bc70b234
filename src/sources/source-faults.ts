import { RuleError } from './rule-error.ts';

/** Something that is wrong with a source. */
export interface SourceFault {
  /** Where, below the source's block in the file: `['map', 'text']`. */
  readonly path: readonly string[];
  /** Goes on after the place, without a full stop. */
  readonly message: string;
}

/** Runs a step of reading a source; where it fails, notes the fault at its place and gives undefined. */
export type Collect = <T>(path: readonly string[], make: () => T) => T | undefined;

/** A `Collect` that adds what it finds to a list. */
export function collectInto(faults: SourceFault[]): Collect {
  return (path, make) => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      faults.push({ path, message: error.message });
      return undefined;
    }
  };
}
