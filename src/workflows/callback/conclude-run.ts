import { CancellationScope, CancelledFailure, proxySinks, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { CallbackReceipt, CallbackTarget, RunOutcome } from '../../contract/run.ts';
import type { RunSinks } from '../../contract/run-sinks.ts';
import { toAnswer } from '../../contract/to-answer.ts';
import { deliverOutcome } from './deliver-outcome.ts';
import { STAGE } from '../stage-details.ts';
import { toFailure } from '../workflow-failure.ts';

interface ConcludedRun {
  readonly client: string;
  /** Name of the agent, or of the workflow of a team. */
  readonly executor: string;
  readonly callback?: CallbackTarget;
}

/**
 * Delivers the outcome of a run, if anybody asked for it, and closes the workflow as the outcome says, which is what the callback
 * told. So a run that ended well in spite of a cancel closes as Completed.
 *
 * @param cause what the failure of the workflow shows to an operator beside the outcome's error
 * @returns the receipt of the callback
 * @throws CancelledFailure, or ApplicationFailure with the type of the outcome, or `CallbackUndeliverable` with the answer in its details
 */
export async function concludeRun(
  { client, executor, callback }: ConcludedRun,
  outcome: RunOutcome,
  cause?: Error,
): Promise<CallbackReceipt | undefined> {
  tellFinished({ client, agent: executor, status: outcome.status });
  setCurrentDetails(STAGE.finished(outcome));
  const { status, error } = outcome;
  const receipt =
    callback && (await deliverOutcome({ client, runId: workflowInfo().workflowId, target: callback, outcome }));
  if (receipt === 'expired' && error === undefined) {
    const text = 'The callback could not be delivered: the output is in the details of this failure, and in the run.';
    throw toFailure('CallbackUndeliverable', text, toAnswer(outcome));
  }
  if (status === 'canceled' && CancellationScope.current().consideredCancelled) {
    throw new CancelledFailure('The run was canceled.');
  }
  if (error !== undefined) throw toFailure(error.code, error.message, undefined, cause);
  return receipt === 'expired' ? undefined : receipt;
}

/** For the worker's metrics. It adds nothing to the history. */
function tellFinished(run: {
  readonly client: string;
  readonly agent: string;
  readonly status: RunOutcome['status'];
}): void {
  const seconds = (Date.now() - workflowInfo().startTime.getTime()) / 1000;
  proxySinks<RunSinks>().garudustTemporal.runFinished({ ...run, seconds });
}
