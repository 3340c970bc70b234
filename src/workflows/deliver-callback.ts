import { type ActivityOptions, CancellationScope, patched, proxyActivities, workflowInfo } from '@temporalio/workflow';
import { ACTIVITY_ID, type Activities, type DeliverCallbackInput } from '../contract/activities.ts';
import { type CallbackSchedule, DEFAULT_CALLBACK_SCHEDULE } from '../contract/callback-target.ts';
import type { AgentAnswer, CallbackReceipt, RunOutcome } from '../contract/run.ts';
import { callbackOptions } from './activity-options.ts';
import { runOfTeam } from './own/run-of-team.ts';
import { takeRoom } from './session/take-room.ts';
import { PATCH } from './patches.ts';
import { type StepOptions, toActivityOptions } from './run-agent.ts';

/** ID of a callback that a workflow sends while it is at work as a run, which has a callback of its own. */
const NEWS_ID = 'news';

export interface CallbackStepOptions extends StepOptions {
  /** Overrides of `DEFAULT_CALLBACK_SCHEDULE`. */
  readonly schedule?: Partial<CallbackSchedule>;
}

export interface DeliverCallbackOptions extends CallbackStepOptions {
  /** Where to post the outcome. */
  readonly url: string;
  /** The client whose secrets sign the callback. Default: that of the run, else `default`. */
  readonly client?: string;
}

/** What a callback reports. By default `status` follows from `error`, and `finishedAt` is now. */
export type CallbackOutcome = Partial<RunOutcome>;

/**
 * Options for the activity `deliverCallback`: enough time for the schedule, a priority above waiting agents, and no limit of
 * attempts, because the activity counts its own. Use them with `proxyActivities` where `deliverCallback` of this module is not
 * enough.
 *
 * @example
 * const { deliverCallback } = proxyActivities<Activities>(callbackActivityOptions('https://ci.example.com/done'));
 */
export function callbackActivityOptions(url: string, options: CallbackStepOptions = {}): ActivityOptions {
  const target = { url, deadLetterMs: 0, ...DEFAULT_CALLBACK_SCHEDULE, ...options.schedule };
  return { ...callbackOptions(target, url), ...toActivityOptions(options) };
}

/**
 * Posts a signed outcome to a callback URL, retried on the schedule, and never to an address that the worker's policy forbids.
 * Deterministic: for use in workflow code.
 *
 * A workflow that sends several callbacks must give each an `id`: receivers drop a repeated `webhook-id`, which is the workflow
 * ID, joined with `id` by a hyphen where there is one. In a workflow that the settings serve as a run it is `news` by default.
 *
 * It delivers from a canceled workflow too, so that an answer that comes just after a cancel is told. A cancel that comes during the
 * delivery ends it, but not a request under way; call it in `CancellationScope.nonCancellable` to deliver whatever happens.
 *
 * @param outcome the answer of `runAgent`, a text, or the result of `judgeFailure`
 * @returns the receipt, once the receiver answers with a 2xx
 * @throws ActivityFailure when the schedule is exhausted, the receiver asks for no further attempts, or policy forbids the address.
 * ApplicationFailure `StepTooLarge` when the outcome exceeds what Temporal stores
 * @example
 * await deliverCallback(await runAgent(text, { agent: 'writer' }), { url: 'https://ci.example.com/done' });
 */
export function deliverCallback(
  outcome: string | AgentAnswer | CallbackOutcome,
  { url, client = runOfTeam()?.client ?? 'default', ...chosen }: DeliverCallbackOptions,
): Promise<CallbackReceipt> {
  const { workflowId: runId } = workflowInfo();
  // The run's own callback comes later, with the id of the run alone.
  const options = runOfTeam() === undefined ? chosen : { id: NEWS_ID, ...chosen };
  const given: CallbackOutcome = typeof outcome === 'string' ? { output: outcome } : outcome;
  const activities = proxyActivities<Pick<Activities, 'deliverCallback'>>(callbackActivityOptions(url, options));
  const input: DeliverCallbackInput = {
    client,
    runId,
    url,
    deliveryId: options.id === undefined ? runId : `${runId}-${options.id}`,
    outcome: {
      status: given.error === undefined ? 'completed' : 'failed',
      finishedAt: new Date().toISOString(),
      ...given,
    },
    ...DEFAULT_CALLBACK_SCHEDULE,
    ...options.schedule,
  };
  const deliver = (): Promise<CallbackReceipt> => activities.deliverCallback(input);
  const send = (): Promise<CallbackReceipt> => {
    const isCanceled = CancellationScope.current().consideredCancelled;
    return isCanceled && patched(PATCH.deliverWhenCanceled) ? CancellationScope.nonCancellable(deliver) : deliver();
  };
  return takeRoom(options.id ?? ACTIVITY_ID.callback, input)?.then(send) ?? send();
}
