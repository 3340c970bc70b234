import { ApplicationFailure } from '@temporalio/workflow';
import { findMisspelt } from '../../contract/misspelt-field.ts';
import { type AnswerWay, INPUT_ANSWER, INPUT_REFUSAL, type Question } from '../../contract/question.ts';
import { readStored } from '../../contract/stored.ts';
import { toLine } from '../../values/plain-text.ts';

/** An answer that fits its question. */
export interface CheckedAnswer {
  /** ID of the question. */
  readonly question: string;
  readonly answer: string;
  readonly by: string;
  readonly via: AnswerWay;
  readonly comment?: string;
}

/** Who answered, where they do not say. */
const UNNAMED = 'unknown';
const MAX_NAME = 200;

/**
 * Checks what came with the update `input`, from wherever. Choices are compared without regard to case, and the question's own spelling
 * counts.
 *
 * @param given the answer as a text, or an `InputAnswer`
 * @throws ApplicationFailure of a type in `INPUT_REFUSAL`
 */
export function checkAnswer(given: unknown, questions: readonly Question[]): CheckedAnswer {
  const value = typeof given === 'string' ? { answer: given } : given;
  const misspelt = findMisspelt(value, { '': INPUT_ANSWER }, true);
  if (misspelt !== undefined) throw refuse('invalid', misspelt);
  const read = readStored(INPUT_ANSWER, 'InputAnswer', value);
  if (!read.ok) throw refuse('invalid', read.problem);
  const { answer, by = UNNAMED, via = 'temporal', comment, question: id } = read.input;
  const question = findQuestion(id, questions);
  return {
    question: question.id,
    answer: fitChoice(answer, question),
    by: toLine(by, MAX_NAME) || UNNAMED,
    via,
    ...(comment !== undefined && { comment }),
  };
}

function findQuestion(id: string | undefined, questions: readonly Question[]): Question {
  const open = questions.filter(({ state }) => state === 'open');
  const names = open.map((one) => one.id).join(', ');
  if (id === undefined && open.length > 1) throw refuse('invalid', `question is missing: name one of ${names}.`);
  const found = id === undefined ? (open[0] ?? questions.at(-1)) : questions.find((one) => one.id === id);
  if (found?.state === 'open') return found;
  if (found?.state === 'answered' || (found?.state === 'expired' && found.answer !== undefined)) {
    const { by, answeredAt, answer } = found;
    throw refuse('answered', `Question "${found.id}" was answered by ${by} at ${answeredAt}: ${answer}`);
  }
  const now = open.length === 0 ? 'the run asks nothing now' : `open are ${names}`;
  throw refuse('notAsked', `${id === undefined ? 'No question' : `Question "${id}" is not`} open: ${now}.`);
}

function fitChoice(answer: string, { id, choices }: Question): string {
  if (choices === undefined) return answer;
  const wanted = answer.trim().toLowerCase();
  const choice = choices.find((one) => one === answer) ?? choices.find((one) => one.toLowerCase() === wanted);
  if (choice !== undefined) return choice;
  throw refuse('invalid', `answer is none of the choices of question "${id}": write one of ${choices.join(', ')}.`);
}

/** Without its stack: the caller needs to know what to write, not where we refused it. */
function refuse(why: keyof typeof INPUT_REFUSAL, message: string): ApplicationFailure {
  const error = ApplicationFailure.create({ type: INPUT_REFUSAL[why], message, nonRetryable: true });
  error.stack = '';
  return error;
}
