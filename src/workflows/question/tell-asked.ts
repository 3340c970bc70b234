import {
  ActivityCancellationType,
  CancellationScope,
  patched,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Question } from '../../contract/question.ts';
import type { QuestionActivities } from '../../contract/question-activities.ts';
import type { RunInput } from '../../contract/run.ts';
import { callbackOptions } from '../activity-options.ts';
import { describeAsked } from './describe-asked.ts';
import { PATCH } from '../patches.ts';

/** The run that this workflow is, where its receiver wants to know of questions. A module is loaded for each workflow execution. */
let told: Pick<RunInput, 'client' | 'task' | 'callback'> | undefined;

/** Has the questions of this run told to its callback URL, where its receiver wants that. */
export function tellQuestionsOf(run: Pick<RunInput, 'client' | 'task' | 'callback'>): void {
  if (run.callback?.tellsQuestions === true) told = run;
}

/**
 * Tells the run's receiver of a question, on the schedule of its callback. Nothing awaits it: neither a slow receiver nor one that
 * fails holds the question up.
 *
 * @returns ends the attempts, once the question no longer stands
 */
export function tellAsked(asked: Question): () => void {
  if (told?.callback === undefined || !patched(PATCH.tellQuestions)) return () => undefined;
  const { client, task, callback } = told;
  const { url, retryDelaysMs, attemptTimeoutMs } = callback;
  const { workflowId: runId } = workflowInfo();
  const { deliverQuestion } = proxyActivities<QuestionActivities>({
    ...callbackOptions(callback, url),
    activityId: `asked-${asked.number}`,
    summary: `tells the caller of the question ${asked.id}`,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });
  const scope = new CancellationScope();
  scope
    .run(() =>
      deliverQuestion({
        client,
        runId,
        url,
        // A run that is reset asks anew, and its first link is void.
        deliveryId: `${runId}-asked-${asked.number}-${Date.parse(asked.askedAt).toString(36)}`,
        asked,
        ...describeAsked(task),
        retryDelaysMs,
        attemptTimeoutMs,
      }),
    )
    // Temporal shows it, and the caller may read the run at any time.
    .catch(() => undefined);
  return () => scope.cancel();
}
