import { type AnswerLinks, toAnswerLink } from '../../contract/answer-link.ts';
import { readQuestions } from '../../contract/question.ts';
import { type QuestionResource, toQuestionResource } from '../../protocol/question-resource.ts';
import type { RunStatus } from '../../protocol/run-resource.ts';
import type { RunFacts } from '../run-facts.ts';

/**
 * The status of a run that may wait for a person, and its questions as its caller sees them.
 *
 * @param status what the run would be without questions
 * @param ended how it ended, where it has
 */
export function withQuestions(
  { runId, memo }: Pick<RunFacts, 'runId' | 'memo'>,
  status: RunStatus,
  ended: boolean,
  links: AnswerLinks,
): { readonly status: RunStatus; readonly questions?: QuestionResource[] } {
  const questions = readQuestions(memo);
  if (questions.length === 0) return { status };
  const isAsked = !ended && questions.some(({ state }) => state === 'open');
  return {
    status: isAsked ? 'input_required' : status,
    questions: questions.map((question) => {
      if (question.state !== 'open') return toQuestionResource(question, undefined);
      // A run that was terminated could not withdraw what it asked.
      if (ended) return toQuestionResource({ ...question, state: 'withdrawn' }, undefined);
      return toQuestionResource(question, toAnswerLink(runId, question, links));
    }),
  };
}
