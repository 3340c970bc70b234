import type { InjectedSinks } from '@temporalio/worker';
import type { FinishedRun, RunSinks } from '../contract/run-sinks.ts';

/** Runs to remember; a workflow task that Temporal repeats comes within seconds. */
const REMEMBERED = 1000;

/**
 * What our workflows tell their worker; without it the SDK logs an error for each run.
 *
 * @param onRunFinished gets the run and its id, once for each run, also where Temporal repeats the workflow task. Another worker that takes the
 * repeat calls its own. Default: nobody is told, as at a replay
 */
export function createRunSinks(
  onRunFinished: (run: FinishedRun, id: string) => void = () => undefined,
): InjectedSinks<RunSinks> {
  const told = new Set<string>();
  const tell = (
    { runId, workflowId }: { readonly runId: string; readonly workflowId: string },
    run: FinishedRun,
  ): void => {
    if (told.has(runId)) return;
    told.add(runId);
    const [oldest] = told;
    if (told.size > REMEMBERED && oldest !== undefined) told.delete(oldest);
    onRunFinished(run, workflowId);
  };
  return { garudustTemporal: { runFinished: { fn: tell, callDuringReplay: false } } };
}
