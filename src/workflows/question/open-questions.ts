import { defineSearchAttributeKey } from '@temporalio/common';
import {
  currentUpdateInfo,
  defineUpdate,
  getCurrentDetails,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { FAILURES } from '../../contract/failures.ts';
import {
  INPUT_REQUIRED,
  INPUT_UPDATE,
  type InputReceipt,
  MAX_KEPT_QUESTIONS,
  MAX_KEPT_TEXT,
  MAX_QUESTIONS_BYTES,
  type Question,
  QUESTIONS_MEMO,
  readQuestions,
} from '../../contract/question.ts';
import { SEARCH_ATTRIBUTE } from '../../contract/search-attributes.ts';
import { ellipsize } from '../../values/plain-text.ts';
import { type CheckedAnswer, checkAnswer } from './check-answer.ts';
import { STAGE } from '../stage-details.ts';
import { toFailure } from '../workflow-failure.ts';

const input = defineUpdate<InputReceipt, [unknown]>(INPUT_UPDATE);
const WAITING = defineSearchAttributeKey(SEARCH_ATTRIBUTE.waiting, 'KEYWORD');
const CLIENT = defineSearchAttributeKey(SEARCH_ATTRIBUTE.client, 'KEYWORD');

/** A question as the workflow that asks it has it. */
export interface OpenQuestion {
  readonly asked: Question;
  /** The answer that counts; undefined while there is none. */
  readonly answered: () => (CheckedAnswer & { readonly at: string }) | undefined;
  /** Ends the question without an answer. */
  readonly settle: (state: 'expired' | 'withdrawn', answer?: string) => void;
}

let questions: readonly Question[] | undefined;
/** With their comments, which the memo does not keep. */
const answers = new Map<string, CheckedAnswer & { readonly at: string }>();
let details: { readonly before: string; readonly shown: string } | undefined;

/**
 * Asks a question: it appears in the memo, in Current Details and, where the workflow was started with the search attributes, as
 * `GarudustWaiting`. The update `input` answers it.
 *
 * @throws ApplicationFailure `StepTooLarge` when the open questions exceed what a memo should hold
 */
export function openQuestion(asked: Omit<Question, 'number' | 'state'>): OpenQuestion {
  // What an earlier execution left open nobody waits for any more.
  questions ??= readQuestions(workflowInfo().memo).map((one) => (one.state === 'open' ? withdraw(one) : one));
  const number = (questions.at(-1)?.number ?? 0) + 1;
  const isTaken = questions.some(({ id }) => id === asked.id);
  // An answer to the one before must not answer this one.
  const question: Question = { ...asked, id: isTaken ? `${asked.id}-${number}` : asked.id, number, state: 'open' };
  checkRoom([...questions.filter(isOpen), question], question.id);
  questions = [...questions, question];
  publish();
  setHandler(input, answerQuestion, {
    description:
      'Answers a question of this run. {"answer": "approve", "by": "Ann", "question": "publish", "comment": "…"}; all but "answer" may be left out.',
    validator: (given) => void checkAnswer(given, questions ?? []),
  });
  return {
    asked: question,
    answered: () => answers.get(question.id),
    settle: (state, answer) => {
      change(question.id, {
        state,
        ...(answer !== undefined && { answer, by: 'nobody', via: 'default', answeredAt: now() }),
      });
    },
  };
}

function answerQuestion(given: unknown): InputReceipt {
  const checked = checkAnswer(given, questions ?? []);
  const { question, answer, by, via } = checked;
  const at = now();
  const updateId = currentUpdateInfo()?.id;
  answers.set(question, { ...checked, at });
  change(question, { state: 'answered', answer, by, via, answeredAt: at, ...(updateId !== undefined && { updateId }) });
  return { question, answer, by, answeredAt: at };
}

function change(id: string, changes: Partial<Question>): void {
  questions = questions?.map((one) => (one.id === id ? shorten({ ...one, ...changes }) : one));
  publish();
}

/** Tells everybody who reads the workflow without asking it. */
function publish(): void {
  const all = questions ?? [];
  const open = all.filter(isOpen);
  const settled = all.filter((one) => !isOpen(one)).slice(-Math.max(MAX_KEPT_QUESTIONS - open.length, 1));
  questions = [...settled, ...open].toSorted((one, other) => one.number - other.number);
  upsertMemo({ [QUESTIONS_MEMO]: questions });
  const { typedSearchAttributes } = workflowInfo();
  const mark = open.length === 0 ? null : INPUT_REQUIRED;
  // Where the attributes are not registered, Temporal would repeat the workflow task for ever.
  if (typedSearchAttributes.get(CLIENT) !== undefined && (typedSearchAttributes.get(WAITING) ?? null) !== mark) {
    upsertSearchAttributes([{ key: WAITING, value: mark }]);
  }
  showOpen(open);
}

/** What others have written to the details in the meantime stands. */
function showOpen(open: readonly Question[]): void {
  const current = getCurrentDetails();
  const before = current === details?.shown ? details.before : current;
  if (open.length === 0) {
    setCurrentDetails(before);
    details = undefined;
    return;
  }
  const shown = STAGE.asks(open);
  setCurrentDetails(shown);
  details = { before, shown };
}

function checkRoom(open: readonly Question[], step: string): void {
  const bytes = new TextEncoder().encode(JSON.stringify(open)).byteLength;
  if (bytes <= MAX_QUESTIONS_BYTES) return;
  const what = open.length === 1 ? 'asks with' : 'and the other open questions have';
  const size = `${what} ${bytes} bytes as JSON, and questions take ${MAX_QUESTIONS_BYTES}`;
  throw toFailure('StepTooLarge', `Step "${step}" ${size}. ${FAILURES.StepTooLarge.fix}`);
}

function withdraw(question: Question): Question {
  return shorten({ ...question, state: 'withdrawn' });
}

/** A settled question is kept for those who come late. */
function shorten(asked: Question): Question {
  const { show: _, ...question } = asked;
  const { answer } = question;
  return {
    ...question,
    question: ellipsize(question.question, MAX_KEPT_TEXT),
    ...(answer !== undefined && { answer: ellipsize(answer, MAX_KEPT_TEXT) }),
  };
}

function isOpen({ state }: Question): boolean {
  return state === 'open';
}

function now(): string {
  return new Date().toISOString();
}
