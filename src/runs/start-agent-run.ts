import { createHash } from 'node:crypto';
import { type Client, WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { findMisspelt } from '../contract/misspelt-field.ts';
import { DEFAULT_TASK_QUEUE, WORKFLOW, type Workflows } from '../contract/names.ts';
import {
  AGENT_RUN_INPUT,
  type AgentAnswer,
  type AgentRunInput,
  type CallbackReceipt,
  MAX_RUN_INPUT_BYTES,
  TASK,
  type Task,
} from '../contract/run.ts';
import { deriveRunId, randomRunId } from '../contract/run-id.ts';
import { type RunRequest, toRunInput } from '../contract/run-request.ts';
import { readStored } from '../contract/stored.ts';
import { runMemo } from '../contract/describe-run.ts';
import { toAnswer } from '../contract/to-answer.ts';
import { startOptions } from './kinds/start-options.ts';
import { toOutcome } from './kinds/to-outcome.ts';
import { readRun } from './read-run.ts';
import { setUpHint } from './set-up-hint.ts';

export interface StartAgentRunOptions extends RunRequest {
  /** Task queue of the workers. Default: `garudust`. */
  readonly taskQueue?: string;
  /** The same key of a client and source means the same run, so that a start can be repeated. Default: each start is a run. */
  readonly key?: string;
}

/** A run that code has started. */
export interface AgentRunHandle {
  /** By which the API, the CLI and the Temporal UI know it. */
  readonly id: string;
  /** Whether an earlier start with the same key had started it. */
  readonly existed: boolean;
  readonly workflow: WorkflowHandle<Workflows['agentRun']>;
  /**
   * Waits for the agent's answer, whatever becomes of the callback.
   *
   * @throws ApplicationFailure with a type of `FAILURES` when there is none
   */
  answered(): Promise<AgentAnswer>;
  /**
   * Waits until the callback is delivered.
   *
   * @returns undefined for a run without a callback
   * @throws WorkflowFailedError, also when the agent failed; `undeliveredAnswer` reads one whose callback died
   */
  delivered(): Promise<CallbackReceipt | undefined>;
}

/**
 * Starts a run as a webhook does: with a run id, memo, search attributes and summary, so that the API, the list, `redeliver` and
 * the Temporal UI know it. The worker holds the rules of egress to its callback.
 *
 * @param client of the Temporal SDK, in the namespace of the workers
 * @throws TypeError for a wrong task or options; Error for a key that was used for another task, and for a server that lacks our
 * search attributes; whatever else the SDK throws
 * @example
 * const run = await startAgentRun(client, 'Summarise why deployment 4312 failed', { agent: 'writer', key: 'deployment-4312' });
 * const { output } = await run.answered();
 */
export async function startAgentRun(
  client: Client,
  task: string | Task,
  { taskQueue = DEFAULT_TASK_QUEUE, key, ...request }: StartAgentRunOptions,
): Promise<AgentRunHandle> {
  const input = checkInput(toRunInput(task, { source: 'code', ...request }));
  const runId = key === undefined ? randomRunId() : deriveRunId({ ...input, deliveryId: key });
  const memo = {
    ...runMemo(input),
    bodySha256: fingerprint(input),
    ...(key !== undefined && { deliveryId: key }),
  };
  try {
    const options = startOptions({ runId, input, memo }, { taskQueue, eager: false });
    await client.workflow.start<Workflows['agentRun']>(WORKFLOW.agentRun, options);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw withHint(error);
    const run = await readRun(client, runId, input.client);
    if (run?.memo.bodySha256 === memo.bodySha256) return toHandle(client, runId, true);
    throw new Error(`The key ${JSON.stringify(key)} was used for another task: use a new key, or send the same task.`, {
      cause: error,
    });
  }
  return toHandle(client, runId, false);
}

/** @throws TypeError that names the field and how to fix it */
function checkInput(given: AgentRunInput): AgentRunInput {
  const read = readStored(AGENT_RUN_INPUT, 'AgentRunInput', given);
  const problem = read.ok ? findMisspelt(given, { task: TASK }, true) : read.problem;
  if (!read.ok || problem !== undefined) throw new TypeError(problem);
  const bytes = Buffer.byteLength(JSON.stringify(given));
  if (bytes <= MAX_RUN_INPUT_BYTES) return read.input;
  throw new TypeError(
    `The task has ${bytes} bytes as JSON, and Temporal takes ${MAX_RUN_INPUT_BYTES}: send a shorter text or less metadata.`,
  );
}

/** What must be the same when a start is repeated. */
function fingerprint({ task, agent, callback }: AgentRunInput): string {
  return createHash('sha256')
    .update(JSON.stringify([task, agent, callback?.url]))
    .digest('hex');
}

function withHint(error: unknown): unknown {
  const hint = setUpHint(error);
  return hint === undefined ? error : new Error(`The run was not started: ${hint}.`, { cause: error });
}

function toHandle(client: Client, id: string, existed: boolean): AgentRunHandle {
  const workflow = client.workflow.getHandle<Workflows['agentRun']>(id);
  return {
    id,
    existed,
    workflow,
    answered: () => waitForAnswer(client, id),
    delivered: async () => (await workflow.result()).callback,
  };
}

async function waitForAnswer(client: Client, id: string): Promise<AgentAnswer> {
  let nextPageToken: Uint8Array | undefined;
  for (;;) {
    const run = await readRun(client, id);
    const outcome = run && toOutcome(run);
    if (outcome?.error !== undefined) throw ApplicationFailure.nonRetryable(outcome.error.message, outcome.error.code);
    if (outcome !== undefined) return toAnswer(outcome);
    // The page holds what is there already; the next one comes with the next event.
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId: id },
      waitNewEvent: true,
      ...(nextPageToken && { nextPageToken }),
    });
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  }
}
