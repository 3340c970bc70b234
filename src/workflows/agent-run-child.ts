import { fairPriority } from '../contract/fairness.ts';
import {
  CancellationScope,
  CancelledFailure,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  defineSignal,
  ParentClosePolicy,
  setHandler,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { describeRun, WORKFLOW_TASK_TIMEOUT_MS } from '../contract/describe-run.ts';
import { answeredSignal, WORKFLOW, type Workflows } from '../contract/names.ts';
import type { AgentAnswer, AgentRunInput, AgentRunResult, CallbackReceipt, RunOutcome, Task } from '../contract/run.ts';
import { RUN_ID_ALPHABET, RUN_ID_CHARACTERS } from '../contract/run-id-form.ts';
import { type RunRequest, toRunInput } from '../contract/run-request.ts';
import { toAnswer } from '../contract/to-answer.ts';
import { checkTaskFields } from './check-task-fields.ts';
import { takeRoom } from './session/take-room.ts';
import { toFailure } from './workflow-failure.ts';

export interface AgentRunChildOptions extends RunRequest {
  /** Task queue of the run. Default: that of the workflow. */
  readonly taskQueue?: string;
  /**
   * Whether the workflow waits until the callback is delivered, which may take days. Without, it goes on with the answer, and the run
   * delivers on, also when its parent has closed. Default: true.
   */
  readonly waitForCallback?: boolean;
}

/** The answer of a run, and what became of its callback where the workflow waited for it. */
export interface ChildAnswer extends AgentAnswer {
  /** By which the API, the CLI and the Temporal UI know it. */
  readonly runId: string;
  readonly callback?: CallbackReceipt;
}

type Child = ChildWorkflowHandle<Workflows['agentRun']>;

/**
 * Starts a run of its own as a child: one that the API shows, lists, cancels and redelivers. For a step that needs its own id or
 * callback; any other step is cheaper by `runAgent`.
 *
 * Its id is random but the same at every replay, and another one after a reset. The server needs our search attributes:
 * `garudust-temporal setup`.
 *
 * @throws ChildWorkflowFailure that `judgeFailure` and `undeliveredAnswer` read. ApplicationFailure `StepTooLarge` or `InvalidInput`;
 * without `waitForCallback` also the agent's failure. CancelledFailure
 * @example
 * const { runId, output } = await agentRunChild('Review pull request 12', {
 *   agent: 'reviewer',
 *   callback: 'https://ci.example.com/done',
 *   waitForCallback: false,
 * });
 */
export async function agentRunChild(
  task: string | Task,
  { taskQueue, waitForCallback = true, ...request }: AgentRunChildOptions,
): Promise<ChildAnswer> {
  const input = toRunInput(task, { source: 'workflow', ...request });
  checkTaskFields(input.task);
  await takeRoom(request.agent, input);
  const runId = drawRunId();
  const options = { ...childOptions(input), workflowId: runId, ...(taskQueue !== undefined && { taskQueue }) };
  const answer =
    waitForCallback || input.callback === undefined
      ? await (await startChild<Workflows['agentRun']>(WORKFLOW.agentRun, { ...options, args: [input] })).result()
      : await answerOf(runId, () => startChild<Workflows['agentRun']>(WORKFLOW.agentRun, detached(options, input)));
  return { runId, ...answer };
}

function childOptions(input: AgentRunInput): ChildWorkflowOptions {
  const { memo, attributes, summary, details } = describeRun(input);
  return {
    memo: { ...memo },
    typedSearchAttributes: [...attributes],
    ...fairPriority(input.client),
    staticSummary: summary,
    staticDetails: details,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    // The default would terminate an agent at work, and tell nobody.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  };
}

function detached(
  options: ChildWorkflowOptions,
  input: AgentRunInput,
): ChildWorkflowOptions & { args: [AgentRunInput] } {
  return { ...options, parentClosePolicy: ParentClosePolicy.ABANDON, args: [{ ...input, tellsParent: true }] };
}

/** Waits for the answer alone. A cancel that comes later leaves the delivery alone. */
async function answerOf(runId: string, start: () => Promise<Child>): Promise<AgentRunResult> {
  const around = CancellationScope.current();
  if (around.consideredCancelled) throw new CancelledFailure('The workflow was canceled.');
  const answered = defineSignal<[RunOutcome]>(answeredSignal(runId));
  const outcome = new Promise<RunOutcome>((resolve) => setHandler(answered, resolve));
  return CancellationScope.nonCancellable(async () => {
    const scope = new CancellationScope();
    let isAnswered = false;
    around.cancelRequested.catch(() => {
      if (!isAnswered) scope.cancel();
    });
    const ended = scope.run(async () => (await start()).result());
    // It may fail long after nobody waits for it.
    ended.catch(() => undefined);
    try {
      const first = await Promise.race([outcome, ended]);
      return 'status' in first ? toResult(first) : first;
    } finally {
      isAnswered = true;
      setHandler(answered, undefined);
    }
  });
}

function toResult(outcome: RunOutcome): AgentRunResult {
  const { status, error } = outcome;
  if (status === 'canceled') throw new CancelledFailure('The run was canceled.');
  if (error !== undefined) throw toFailure(error.code, error.message);
  return toAnswer(outcome);
}

/** `Math.random` of a workflow is seeded by its execution. */
function drawRunId(): string {
  const draw = (): string => RUN_ID_ALPHABET.charAt(Math.floor(Math.random() * RUN_ID_ALPHABET.length));
  return `run-${Array.from({ length: RUN_ID_CHARACTERS }, draw).join('')}`;
}
