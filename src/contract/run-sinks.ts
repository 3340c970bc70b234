import type { OutcomeStatus } from './run.ts';

/** A run that has its outcome, before its callback is delivered. */
export interface FinishedRun {
  readonly client: string;
  readonly agent: string;
  readonly status: OutcomeStatus;
  /** Since the start of the workflow. */
  readonly seconds: number;
}

/** What a workflow tells its worker outside its history: sinks of the SDK, not called during a replay. */
export type RunSinks = {
  readonly garudustTemporal: { runFinished(run: FinishedRun): void };
};
