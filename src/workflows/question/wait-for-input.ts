import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { CancellationScope, condition, patched } from '@temporalio/workflow';
import { type AnswerWay, QUESTION_ASKED } from '../../contract/question.ts';
import { MAX_DURATION_MS, readStored } from '../../contract/stored.ts';
import { type Asked, linkQuestion } from './link-question.ts';
import { openQuestion } from './open-questions.ts';
import { tellAsked } from './tell-asked.ts';
import { PATCH } from '../patches.ts';
import { toFailure } from '../workflow-failure.ts';

export interface WaitForInputOptions {
  /** ID of the question, for those who answer it. Asked again in the same run, it gets a number. Default: `input`. */
  readonly id?: string;
  /** What the question is about, such as a draft: shown with it. Question, choices and this have at most 64 KiB as JSON. */
  readonly show?: string;
  /** The answers to choose from, each in one line. Default: any text of at most 10,000 characters. */
  readonly choices?: readonly string[];
  /** How long to wait, such as `3d` or milliseconds. Default: for as long as it takes. */
  readonly timeout?: Duration;
  /** The answer when nobody answers in time; one of the choices. Default: the wait fails with `InputTimeout`. */
  readonly default?: string;
  /**
   * Tells somebody, such as by an activity of yours that sends a mail. It begins once the question stands, and is canceled when that is
   * answered. Where it fails before, the wait fails with its error, because nobody might ever answer.
   */
  readonly tell?: (asked: Asked) => Promise<unknown>;
}

/** What a person answered. */
export interface PersonsAnswer {
  /** One of the choices, or a text. */
  readonly answer: string;
  /** Who answered: the name that came with the answer, or what is known instead. It is not proved. `nobody` for the default. */
  readonly by: string;
  readonly via: AnswerWay;
  readonly comment?: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Nobody answered in time, and this is the default. */
  readonly isDefault: boolean;
}

/**
 * Asks a person, and waits. Meanwhile the run reads `input_required`, with the question. Deterministic: for use in workflow code.
 *
 * The answer comes by `POST /v1/runs/:id/input`, by a link, by `garudust-temporal runs answer`, or from the Temporal UI by the update
 * `input`. An answer that does not fit is refused without an event; the first one that fits counts.
 *
 * @param question one or a few sentences, at most 2,000 characters
 * @throws ApplicationFailure `InputTimeout` when nobody answers in time and there is no default, `StepTooLarge` when the question has
 * more than 64 KiB, `InvalidInput` for options that are not valid; CancelledFailure when the workflow is canceled
 * @example
 * const { answer, by } = await waitForInput('Which region?', { choices: ['eu', 'us'], timeout: '1d', default: 'eu' });
 */
export async function waitForInput(question: string, options: WaitForInputOptions = {}): Promise<PersonsAnswer> {
  const { timeout, id = 'input', tell, ...rest } = options;
  const given = Object.entries({ id, question, ...rest }).filter(([, value]) => value !== undefined);
  const read = readStored(QUESTION_ASKED, 'WaitForInputOptions', Object.fromEntries(given));
  if (!read.ok) throw toFailure('InvalidInput', `waitForInput: ${read.problem}`);
  const { input } = read;
  if (input.default !== undefined && input.choices?.includes(input.default) === false) {
    throw toFailure('InvalidInput', 'waitForInput: default is none of the choices: name one of them.');
  }
  const unsendable = input.choices?.findIndex((choice) => !isSendable(choice)) ?? -1;
  if (unsendable !== -1 && patched(PATCH.refuseUnsendable)) {
    const why = `choices.${unsendable} has a line break, a NUL or half a character, which no form can send`;
    throw toFailure('InvalidInput', `waitForInput: ${why}: write it in one line, and what it means into show.`);
  }
  const timeoutMs = timeout === undefined ? undefined : toMilliseconds(timeout);
  const askedAt = Date.now();
  const { asked, answered, settle } = openQuestion({
    ...input,
    askedAt: new Date(askedAt).toISOString(),
    ...(timeoutMs !== undefined && { deadline: new Date(askedAt + timeoutMs).toISOString() }),
  });
  const isAnswered = (): boolean => answered() !== undefined;
  const stopTelling = tellAsked(asked);
  const wait = async (): Promise<void> => {
    if (timeoutMs === undefined) await condition(isAnswered);
    else await condition(isAnswered, timeoutMs, { summary: `waits for an answer to ${asked.id}` });
  };
  try {
    await (tell === undefined ? wait() : waitTelling(wait, () => linkQuestion(asked).then(tell)));
  } catch (error) {
    if (!isAnswered()) settle('withdrawn');
    throw error;
  } finally {
    stopTelling();
  }
  const answer = answered();
  if (answer !== undefined) {
    const { question: _, ...told } = answer;
    return { ...told, isDefault: false };
  }
  settle('expired', input.default);
  if (input.default === undefined) {
    throw toFailure('InputTimeout', `Nobody answered question "${asked.id}" in time.`);
  }
  return { answer: input.default, by: 'nobody', via: 'default', at: new Date().toISOString(), isDefault: true };
}

/** Whether a form sends the text as it is: browsers write line breaks in their own way, and replace what is no character. */
function isSendable(text: string): boolean {
  return text.isWellFormed() && !['\r', '\n', '\0'].some((character) => text.includes(character));
}

/** Waits, and tells somebody meanwhile, which ends with the wait. Where the telling fails, the wait ends with its error. */
async function waitTelling(wait: () => Promise<void>, tell: () => Promise<unknown>): Promise<void> {
  const scope = new CancellationScope();
  const failed = (reject: (error: unknown) => void): void => void tell().catch(reject);
  try {
    await scope.run(() => Promise.race([wait(), new Promise<never>((_, reject) => failed(reject))]));
  } finally {
    scope.cancel();
  }
}

/** @throws ApplicationFailure `InvalidInput`: an error of the SDK would repeat the workflow task for ever */
function toMilliseconds(timeout: Duration): number {
  let milliseconds: number | undefined;
  try {
    milliseconds = msToNumber(timeout);
  } catch {
    // Not a duration.
  }
  if (milliseconds !== undefined && milliseconds > 0 && milliseconds <= MAX_DURATION_MS) return milliseconds;
  throw toFailure('InvalidInput', 'waitForInput: timeout is not a time of up to 365 days: write it as "3d".');
}
