import { TemporalFailure } from '@temporalio/common';
import { patched } from '@temporalio/workflow';
import { type FailedOutcome, judgeFailure } from '../../contract/judge-failure.ts';
import type { RunInput, RunOutcome } from '../../contract/run.ts';
import { cutText, toLine } from '../../values/plain-text.ts';
import { type Approval, approval } from './approval.ts';
import { describeAsked } from './describe-asked.ts';
import { PATCH } from '../patches.ts';

/** ID of the question. */
const QUESTION_ID = 'run';
const QUESTION = 'Run this task?';
/** Characters of the task that are shown: with the question they fit in a memo, however JSON writes them. */
const MAX_SHOWN = 8000;
const MAX_WHY = 300;

/**
 * Has a person approve the task of a run before anything is done for it, where its source wants that.
 *
 * @returns how the run ends instead; undefined where it was approved
 */
export async function askFirst({
  approval: wanted,
  task,
}: Pick<RunInput, 'approval' | 'task'>): Promise<RunOutcome | undefined> {
  if (wanted === undefined || !patched(PATCH.askFirst)) return undefined;
  const refused = await ask(wanted, task.text);
  return refused && { ...refused, ...describeAsked(task), finishedAt: new Date().toISOString() };
}

async function ask(
  { question = QUESTION, timeoutMs, default: otherwise }: NonNullable<RunInput['approval']>,
  text: string,
): Promise<FailedOutcome | undefined> {
  try {
    const decision = await approval(QUESTION_ID, {
      question,
      show: shorten(text),
      timeout: timeoutMs,
      ...(otherwise !== undefined && { default: otherwise }),
    });
    if (decision.ok) return undefined;
    return { status: 'failed', error: { code: 'ApprovalRefused', message: tell(decision) } };
  } catch (error) {
    if (error instanceof TemporalFailure) return judgeFailure(error);
    throw error;
  }
}

function tell({ by, at, comment, isDefault }: Approval): string {
  if (isDefault) return 'Nobody approved the task in time.';
  const why = comment === undefined ? '' : ` They wrote: ${toLine(comment, MAX_WHY)}`;
  return `The task was refused by ${by} at ${at}.${why}`;
}

function shorten(text: string): string {
  if (text.length <= MAX_SHOWN) return text;
  return `${cutText(text, MAX_SHOWN)}\n\n[These are the first ${MAX_SHOWN} of ${text.length} characters.]`;
}
