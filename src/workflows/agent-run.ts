import {
  CancellationScope,
  CancelledFailure,
  defineSignal,
  getExternalWorkflowHandle,
  patched,
  proxyActivities,
  proxySinks,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../contract/activities.ts';
import { judgeAnswer } from '../contract/judge-answer.ts';
import { judgeFailure } from '../contract/judge-failure.ts';
import { shownMetadata } from '../contract/metadata.ts';
import { findMisspelt } from '../contract/misspelt-field.ts';
import {
  AGENT_RUN_FIELDS,
  AGENT_RUN_INPUT,
  type AgentAnswer,
  type AgentRunInput,
  type AgentRunResult,
  type CallbackReceipt,
  type RunOutcome,
} from '../contract/run.ts';
import type { RunSinks } from '../contract/run-sinks.ts';
import { answeredSignal } from '../contract/names.ts';
import { readStored } from '../contract/stored.ts';
import { taskSummary } from '../contract/summary.ts';
import { agentOptions } from './activity-options.ts';
import { deliverOutcome } from './deliver-outcome.ts';
import { inTurn } from './in-turn.ts';
import { markWaiting } from './mark-waiting.ts';
import { PATCH } from './patches.ts';
import { STAGE } from './stage-details.ts';
import { toFailure } from './workflow-failure.ts';

/**
 * One accepted delivery: runs the agent, delivers the callback, closes.
 *
 * Its status says what happened: Completed with the answer, Failed with the type of the failure, or Canceled. A run with an
 * answer whose callback was not delivered in time fails with `CallbackUndeliverable`, whose details are the answer.
 *
 * `startAgentRun` and `agentRunChild` start one with all that the API, the list and the Temporal UI know it by.
 *
 * @example
 * const { output } = await executeChild(agentRun, { workflowId, args: [{ task, client, source: 'mine', agent: 'writer' }] });
 */
export async function agentRun(given: AgentRunInput): Promise<AgentRunResult> {
  const input = readInput(given);
  setCurrentDetails(STAGE.asking(input.agent));
  const unmark = markWaiting(input.agent);
  const outcome = await askAgent(input);
  unmark();
  tellFinished(input, outcome);
  setCurrentDetails(STAGE.finished(outcome));
  const { callback } = input;
  if (callback === undefined) return close(outcome);
  const { workflowId: runId, parent } = workflowInfo();
  if (input.tellsParent === true && parent !== undefined) tellParent(parent.workflowId, runId, outcome);
  const receipt = await deliverOutcome({ client: input.client, runId, target: callback, outcome });
  if (receipt === 'expired' && outcome.error === undefined) {
    const { output = '', usage } = outcome;
    const text = 'The callback could not be delivered: the output is in the details of this failure, and in the run.';
    throw toFailure('CallbackUndeliverable', text, { output, ...(usage && { usage }) } satisfies AgentAnswer);
  }
  return close(outcome, receipt === 'expired' ? undefined : receipt);
}

/** @throws ApplicationFailure `InvalidInput` */
function readInput(given: AgentRunInput): AgentRunInput {
  const read = readStored(AGENT_RUN_INPUT, 'AgentRunInput', given);
  if (read.ok) {
    const misspelt = findMisspelt(given, AGENT_RUN_FIELDS);
    // Earlier versions dropped the field.
    if (misspelt !== undefined && patched(PATCH.refuseMisspelt)) throw toFailure('InvalidInput', misspelt);
    return read.input;
  }
  // Earlier versions of this workflow accepted this, and its activities refused it.
  const isNewlyRefused = read.exceeds || (read.path[0] === 'task' && read.path[1] === 'metadata');
  if (isNewlyRefused && !patched(PATCH.checkWithSchemas)) return given;
  throw toFailure('InvalidInput', read.problem);
}

async function askAgent({ client, agent, task, agentPolicy, session }: AgentRunInput): Promise<RunOutcome> {
  const { runAgent } = proxyActivities<Pick<Activities, 'runAgent'>>(agentOptions(agentPolicy, task.text));
  const { sessionKey, metadata } = task;
  const asked = {
    ...(sessionKey !== undefined && { sessionKey }),
    summary: taskSummary(task.text),
    ...(metadata && { metadata: shownMetadata(metadata) }),
  };
  const waiting = {
    onWait: () => setCurrentDetails(STAGE.waitsForTurn),
    onTurn: () => setCurrentDetails(STAGE.asking(agent)),
  };
  try {
    const answer = await inTurn(session, waiting, () =>
      runAgent({ agent, client, task, ...(agentPolicy && { policy: agentPolicy }) }),
    );
    return { ...judgeAnswer(answer), ...asked, finishedAt: now() };
  } catch (error) {
    return { ...judgeFailure(error), ...asked, finishedAt: now() };
  }
}

/** Nothing awaits it: the parent may have closed. */
function tellParent(parent: string, runId: string, outcome: RunOutcome): void {
  const answered = defineSignal<[RunOutcome]>(answeredSignal(runId));
  CancellationScope.nonCancellable(() => getExternalWorkflowHandle(parent).signal(answered, outcome)).catch(
    () => undefined,
  );
}

/** For the worker's metrics. It adds nothing to the history. */
function tellFinished({ client, agent }: AgentRunInput, { status }: RunOutcome): void {
  const seconds = (Date.now() - workflowInfo().startTime.getTime()) / 1000;
  proxySinks<RunSinks>().garudustTemporal.runFinished({ client, agent, status, seconds });
}

/**
 * Closes the workflow as its outcome says, which is what the callback told. So a run whose agent answered in spite of a cancel
 * closes as Completed.
 */
function close({ status, output = '', usage, error }: RunOutcome, callback?: CallbackReceipt): AgentRunResult {
  if (status === 'canceled' && CancellationScope.current().consideredCancelled) {
    throw new CancelledFailure('The run was canceled.');
  }
  if (error !== undefined) throw toFailure(error.code, error.message);
  return { output, ...(usage && { usage }), ...(callback && { callback }) };
}

function now(): string {
  return new Date().toISOString();
}
