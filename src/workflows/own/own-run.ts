import { ContinueAsNew, makeContinueAsNewFunc, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { judgeFailure } from '../../contract/judge-failure.ts';
import {
  MAX_RUN_INPUT_BYTES,
  OWN_RUN_INPUT,
  type OwnRunInput,
  type OwnRunResult,
  type RunOutcome,
} from '../../contract/run.ts';
import { isFailureType } from '../../contract/failures.ts';
import { readStored } from '../../contract/stored.ts';
import { ellipsize } from '../../values/plain-text.ts';
import { askFirst } from '../question/ask-first.ts';
import { concludeRun } from '../callback/conclude-run.ts';
import { describeAsked } from '../question/describe-asked.ts';
import { inTurn } from '../session/in-turn.ts';
import { validateInput } from './input-schema.ts';
import { toOutput } from './own-output.ts';
import { readOwnWorkflow } from './own-workflow.ts';
import { spent } from '../spent.ts';
import { STAGE } from '../stage-details.ts';
import { tellQuestionsOf } from '../question/tell-asked.ts';
import { toFailure } from '../workflow-failure.ts';

/** For how long a run waits for a worker that serves its workflow. */
const SOUGHT_MS = 30_000;
const MAX_MESSAGE = 2000;

/**
 * A run that executes a workflow of a team: gives it its input, delivers what it returns, closes as `agentRun` does. Whatever the
 * workflow does, the run ends with a type of `FAILURES`: an error of its code would otherwise repeat the workflow task for ever.
 *
 * @param load loads the module of the workflow; undefined: this worker does not serve it
 * @param continued what the workflow continued as new with; empty: it begins
 */
export async function ownRun(
  given: unknown,
  load: (() => unknown) | undefined,
  continued: readonly unknown[],
): Promise<OwnRunResult> {
  const { workflowType, startTime } = workflowInfo();
  if (load === undefined && Date.now() - startTime.getTime() < SOUGHT_MS) {
    // Fails the workflow task, so that another worker of the queue may take it.
    throw new TypeError(`This worker does not serve the workflow "${workflowType}", and hands it to another one.`);
  }
  const read = readStored(OWN_RUN_INPUT, 'OwnRunInput', given);
  if (!read.ok) throw toFailure('InvalidInput', read.problem);
  const input: OwnRunInput = read.input;
  tellQuestionsOf(input);
  const refused = continued.length > 0 ? undefined : input.approval && (await askFirst(input));
  const { outcome: made, cause } = refused ? { outcome: refused } : await execute(input, load, continued);
  const usage = spent();
  const outcome = { ...made, ...(usage && { usage }) };
  const callback = await concludeRun({ ...input, executor: workflowType }, outcome, cause);
  const { output = '', data } = outcome;
  return { output, ...(data !== undefined && { data }), ...(usage && { usage }), ...(callback && { callback }) };
}

async function execute(
  input: OwnRunInput,
  load: (() => unknown) | undefined,
  continued: readonly unknown[],
): Promise<{ outcome: RunOutcome; cause?: Error }> {
  const { workflow, session, task } = input;
  const asked = describeAsked(task);
  const working = (): void => setCurrentDetails(STAGE.working(workflow));
  const waiting = { onWait: () => setCurrentDetails(STAGE.waitsForTurn), onTurn: working };
  working();
  try {
    const returned = await inTurn(session, waiting, () => callWorkflow(input, load, continued));
    const outcome: RunOutcome = {
      status: 'completed',
      ...toOutput(workflow, returned),
      ...asked,
      finishedAt: now(),
    };
    checkSize(workflow, outcome);
    return { outcome };
  } catch (error) {
    if (error instanceof ContinueAsNew) throw await continueRun(error, input);
    const outcome = { ...judge(workflow, error), ...asked, finishedAt: now() };
    return { outcome, ...(outcome.error?.code === 'WorkflowFailed' && error instanceof Error && { cause: error }) };
  }
}

async function callWorkflow(
  { workflow, task, client, source, ...given }: OwnRunInput,
  load: (() => unknown) | undefined,
  continued: readonly unknown[],
): Promise<unknown> {
  if (load === undefined) {
    throw toFailure('UnknownWorkflow', `No worker of the task queue serves the workflow "${workflow}".`);
  }
  const { run, schema } = readOwnWorkflow(workflow, load);
  if (continued.length > 0) return run(continued[0], { ...task, client, source });
  const valid = await validateInput(schema, 'input' in given ? given.input : task.text);
  if (valid.ok) return run(valid.value, { ...task, client, source });
  const [{ field, message } = { field: '', message: 'is not valid' }, ...more] = valid.issues;
  const place = field === '' ? 'input' : `input.${field}`;
  const others = more.length === 0 ? '' : ` ${more.length} more.`;
  throw toFailure('InvalidInput', `${place}: ${ellipsize(message, MAX_MESSAGE)}.${others}`);
}

function checkSize(workflow: string, outcome: RunOutcome): void {
  const bytes = new TextEncoder().encode(JSON.stringify(outcome)).byteLength;
  if (bytes <= MAX_RUN_INPUT_BYTES) return;
  const size = `${bytes} bytes as JSON, and Temporal takes ${MAX_RUN_INPUT_BYTES}`;
  throw toFailure('AnswerTooLarge', `The workflow "${workflow}" returned ${size}: return less, or where it is stored.`);
}

/** What a failure of the workflow means for the caller: its own ApplicationFailure is meant for others, any other error is not. */
function judge(workflow: string, error: unknown): Pick<RunOutcome, 'status' | 'error'> {
  const { name, message, type } = (error ?? {}) as { name?: unknown; message?: unknown; type?: unknown };
  const isTold = name === 'ApplicationFailure' && !isFailureType(type) && typeof message === 'string';
  return judgeFailure(error, {
    code: 'WorkflowFailed',
    message: isTold ? ellipsize(message, MAX_MESSAGE) : `The workflow "${workflow}" failed with an error of its code.`,
  });
}

/** The next execution is the same run, with what the workflow continues with beside it. A session gives it a turn of its own. */
async function continueRun(error: ContinueAsNew, given: OwnRunInput): Promise<ContinueAsNew> {
  const { input: _, ...run } = given;
  if (error.command.workflowType !== run.workflow) return error;
  const next = { ...run, ...(run.session && { session: { ...run.session, announcesItself: true } }) };
  try {
    // Encodes the argument as the workflow's data converter does.
    return await makeContinueAsNewFunc()(next);
  } catch (envelope) {
    if (!(envelope instanceof ContinueAsNew)) throw envelope;
    error.command.arguments = [...(envelope.command.arguments ?? []), ...(error.command.arguments ?? [])];
    return error;
  }
}

function now(): string {
  return new Date().toISOString();
}
