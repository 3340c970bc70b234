import { type Question, readQuestions } from '../../contract/question.ts';
import type { QuestionResource, RunStatus } from '../../protocol/run-resource.ts';
import type { RunFacts } from '../run-facts.ts';

/**
 * The status of a run that may wait for a person, and its questions as its caller sees them.
 *
 * @param status what the run would be without questions
 * @param ended how it ended, where it has
 */
export function withQuestions(
  { memo }: Pick<RunFacts, 'memo'>,
  status: RunStatus,
  ended: boolean,
): { readonly status: RunStatus; readonly questions?: QuestionResource[] } {
  const questions = readQuestions(memo);
  if (questions.length === 0) return { status };
  const isAsked = !ended && questions.some(({ state }) => state === 'open');
  return {
    status: isAsked ? 'input_required' : status,
    questions: questions.map((question) => toResource(question, ended)),
  };
}

function toResource(question: Question, ended: boolean): QuestionResource {
  const { id, show, choices, deadline, default: otherwise, answer, by, via, answeredAt } = question;
  return {
    id,
    question: question.question,
    // A run that was terminated could not withdraw what it asked.
    status: ended && question.state === 'open' ? 'withdrawn' : question.state,
    ...(show !== undefined && { show }),
    ...(choices && { choices: [...choices] }),
    asked_at: question.askedAt,
    ...(deadline !== undefined && { deadline }),
    ...(otherwise !== undefined && { default: otherwise }),
    ...(answer !== undefined && { answer }),
    ...(by !== undefined && { by }),
    ...(via !== undefined && { via }),
    ...(answeredAt !== undefined && { answered_at: answeredAt }),
  };
}
