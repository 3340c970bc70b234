import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Question } from '../../contract/question.ts';
import type { QuestionActivities } from '../../contract/question-activities.ts';

/** A question that stands. */
export interface Asked {
  /** ID of the question: the one given, or with a number behind it. */
  readonly id: string;
  /**
   * Address of a page where whoever has it answers, once. Absent where the worker has no `answer_link_secret` or no `public_url`. The
   * history of the workflow holds it.
   */
  readonly link?: string;
  /** ISO 8601, UTC; absent where the question has no time limit. */
  readonly deadline?: string;
}

/** A question with its link, which only a worker can make: workflow code has no secret. */
export async function linkQuestion({ id, askedAt, deadline }: Question): Promise<Asked> {
  const activities = proxyActivities<QuestionActivities>({
    summary: `makes the link of the question ${id}`,
    startToCloseTimeout: 10_000,
  });
  const until = deadline !== undefined && { deadline };
  const link = await activities.linkQuestion({ runId: workflowInfo().workflowId, asked: { id, askedAt, ...until } });
  // Temporal stores nothing as null.
  return { id, ...(typeof link === 'string' && { link }), ...until };
}
