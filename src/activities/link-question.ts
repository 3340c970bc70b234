import { type AnswerLinks, toAnswerLink } from '../contract/answer-link.ts';
import { LINK_QUESTION_INPUT, type QuestionActivities } from '../contract/question-activities.ts';
import { readStored } from '../contract/stored.ts';
import { toInputFailure } from './activity-failure.ts';

/** The activity `linkQuestion`, for workflow code that sends the link of a question itself. */
export function createLinkQuestion(links: AnswerLinks): QuestionActivities['linkQuestion'] {
  return async (value) => {
    const read = readStored(LINK_QUESTION_INPUT, 'LinkQuestionInput', value);
    if (!read.ok) throw toInputFailure(read.problem);
    return toAnswerLink(read.input.runId, read.input.asked, links);
  };
}
