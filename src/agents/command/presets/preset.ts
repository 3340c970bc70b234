import type { AgentAnswer } from '../../../contract/run.ts';
import type { AgentError } from '../../agent.ts';
import type { Budget } from '../../budget.ts';
import type { ChildResult } from '../../child/run-child.ts';
import type { KeptSession } from '../../child/work-folders.ts';

/** What a preset's reader tells while the program works. */
export interface PresetProgress {
  /** In a few words. */
  readonly report: (progress: string) => void;
  /** Text of the answer, as it comes. */
  readonly reportText: (delta: string) => void;
}

/** What a program with a preset has told at its end. */
export interface PresetEnd {
  /** Absent when it gave none. */
  readonly answer?: AgentAnswer;
  /** Its session, for the next call; absent when it told none. */
  readonly session?: KeptSession;
}

/** Reads the events of one call. */
export interface PresetReader {
  /** One line of standard output that is a JSON object. */
  add(event: Readonly<Record<string, unknown>>): void;
  /** A line of error output. Returns false when the program tries again and again, and is to be ended. */
  addError?(line: string): boolean;
  end(): PresetEnd;
  /** Sorts a call that gave no answer, by codes and statuses; no word of the program's is passed on. */
  sortFailure(result: ChildResult): AgentError;
}

/** A command-line agent whose events we read. */
export interface CommandPreset {
  readonly program: string;
  /**
   * @param session the agent's id of the session to go on with; undefined begins a new one
   * @param budget what the run may cost; for a program that can be told so
   */
  args(extra: readonly string[], session: string | undefined, budget: Budget | undefined): readonly string[];
  /** Variables of the worker that it needs beside those of every program. */
  readonly passEnv: readonly string[];
  /** Variables that keep it from asking, updating and retrying by itself. */
  readonly env: Readonly<Record<string, string>>;
  /** @param before the session that the call goes on with */
  read(progress: PresetProgress, before: KeptSession | undefined, budget: Budget | undefined): PresetReader;
  /** Whether a failure says that the session is gone, so that the next call begins a new one. */
  isSessionGone(errorText: string): boolean;
}
