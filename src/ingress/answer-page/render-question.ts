import { MAX_ANSWER, MAX_COMMENT, MAX_NAME, type Question } from '../../contract/question.ts';
import { escape, renderPage } from '../docs-page/page.ts';
import type { AnswerForm } from './answer-form.ts';

/** A page that only says something. */
export interface Notice {
  readonly title: string;
  readonly text: string;
  /** What a person has written, which stands before the text or after it in a direction of its own. */
  readonly name?: string | undefined;
  readonly answer?: string;
}

/** Under the address of the page, so that it works below the path of a proxy. */
type Stylesheet = string;

/** The page with a notice. */
export function renderNotice({ title, text, name, answer }: Notice, stylesheet: Stylesheet): string {
  const words = [isolate(name), escape(text), isolate(answer)].filter((part) => part !== '').join(' ');
  return renderPage({ title, stylesheet, body: `<main><h1>${escape(title)}</h1><p>${words}</p></main>` });
}

function isolate(text = ''): string {
  return text === '' ? '' : `<bdi>${write(text)}</bdi>`;
}

interface QuestionPage {
  readonly summary?: string | undefined;
  readonly problem?: string;
  readonly form?: AnswerForm;
  readonly stylesheet: Stylesheet;
}

/**
 * The page that asks. What people and agents wrote is text, in a direction of its own, so that it can't turn the words around it.
 *
 * @param summary the task of the run in one line
 * @param problem why the answer that was sent does not fit
 * @param form what was sent, which the page holds again
 */
export function renderQuestion(question: Question, { summary, problem, form = {}, stylesheet }: QuestionPage): string {
  const body = `<main>
${summary === undefined ? '' : `<p class="soft" dir="auto">${write(summary)}</p>`}
<h1 dir="auto">${write(question.question)}</h1>
${question.show === undefined ? '' : `<div class="show" dir="auto" tabindex="0">${write(question.show)}</div>`}
${problem === undefined ? '' : `<p class="warn" role="alert">${write(problem)}</p>`}
<form method="post">
${question.choices === undefined ? renderWords(form.answer) : renderChoices(question.choices, form.answer)}
<label class="field" for="by">Your name</label>
<input type="text" id="by" name="by" maxlength="${MAX_NAME}" autocomplete="name" placeholder="optional" value="${write(form.by ?? '')}">
<label class="field" for="comment">Comment</label>
<textarea id="comment" name="comment" rows="2" maxlength="${MAX_COMMENT}" placeholder="optional">${fill(form.comment)}</textarea>
<button type="submit">Send the answer</button>
</form>
<footer><p class="soft">${untilWhen(question)}</p><p class="soft">The first answer counts, and it can't be taken back. Whoever has this link can answer: do not pass it on.</p></footer>
</main>`;
  return renderPage({ title: 'A question for you', stylesheet, body });
}

function renderWords(answer: string | undefined): string {
  return `<label class="field" for="answer">Your answer</label>
<textarea id="answer" name="answer" rows="4" maxlength="${MAX_ANSWER}" required>${fill(answer)}</textarea>`;
}

/** A browser drops the first line break of a field. */
function fill(text = ''): string {
  return text === '' ? '' : `\n${write(text)}`;
}

/** No choice is a button: the Enter key in a field would press the first one. */
function renderChoices(choices: readonly string[], chosen: string | undefined): string {
  const rows = choices.map((choice) => {
    const checked = choice === chosen ? ' checked' : '';
    return `<label class="choice"><input type="radio" name="answer" value="${escape(choice)}" required${checked}><span dir="auto">${write(choice)}</span></label>`;
  });
  return `<fieldset><legend>Your answer</legend>${rows.join('\n')}</fieldset>`;
}

function untilWhen({ deadline, default: otherwise }: Question): string {
  if (deadline === undefined) return 'The run waits for as long as it takes.';
  const then =
    otherwise === undefined ? 'the run goes on without one' : `&ldquo;<bdi>${write(otherwise)}</bdi>&rdquo; counts`;
  return `Answer before ${toMinutes(deadline)}. Without an answer by then, ${then}.`;
}

/** A time for people: `2026-01-31 12:00 UTC`. */
export function toMinutes(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function write(text: string): string {
  return escape(text.toWellFormed());
}
