import { MAX_ANSWER, MAX_COMMENT, MAX_NAME, type Question } from '../../contract/question.ts';

/** What somebody has filled in, as the form sends it. */
export interface AnswerForm {
  readonly answer?: string;
  readonly by?: string;
  readonly comment?: string;
}

const LIMITS = {
  answer: ['answer', MAX_ANSWER],
  by: ['name', MAX_NAME],
  comment: ['comment', MAX_COMMENT],
} as const;

/** What to do about fields that do not fit, in a sentence for each, for somebody who has never heard of a field. */
export function explainForm(
  fields: readonly string[],
  form: AnswerForm,
  { choices }: Pick<Question, 'choices'>,
): string {
  const sentences = (Object.keys(LIMITS) as (keyof typeof LIMITS)[]).flatMap((field) => {
    if (!fields.includes(field)) return [];
    if (field === 'answer' && choices !== undefined) return ['Choose one of the answers.'];
    if (form[field] === undefined) return ['Write an answer.'];
    const [name, most] = LIMITS[field];
    return [`The ${name} is too long: at most ${most.toLocaleString('en')} characters.`];
  });
  return sentences.join(' ') || 'This answer does not fit the question: change it, and send it again.';
}
