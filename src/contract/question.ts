import * as z from 'zod/mini';
import { filledText, record, type Stored } from './stored.ts';

/**
 * Questions that a run asks a person, as its memo holds them: whoever reads a run needs no worker for it. A person answers by the
 * update `input`, which the workflow validates before it adds an event.
 */

/** Name of the update that answers a question. */
export const INPUT_UPDATE = 'input';

/** Where the memo of a workflow holds its questions. */
export const QUESTIONS_MEMO = 'questions';

/** Value of `GarudustWaiting` while a run waits for a person. */
export const INPUT_REQUIRED = 'input_required';

/** Most bytes of all open questions of a run, as JSON: lists of runs carry them. */
export const MAX_QUESTIONS_BYTES = 64 * 1024;

const MAX_QUESTION = 2000;
const MAX_CHOICES = 20;
const MAX_CHOICE = 100;
/** Characters of an answer in words. */
export const MAX_ANSWER = 10_000;
/** Characters of what stands beside an answer, and of the name of who answers. */
export const MAX_COMMENT = 2000;
export const MAX_NAME = 200;
/** Questions that a memo keeps, the open ones among them. */
export const MAX_KEPT_QUESTIONS = 20;
/** Characters that a memo keeps of a question and an answer that are settled. */
export const MAX_KEPT_TEXT = 500;

/** `open`: waits for its answer. `expired`: nobody answered in time. `withdrawn`: the run no longer needs the answer. */
export const QUESTION_STATES = ['open', 'answered', 'expired', 'withdrawn'] as const;

/** How an answer came: through the API, by a link, from the Temporal UI or CLI, or because the time was up. */
export const ANSWER_WAYS = ['api', 'link', 'temporal', 'default'] as const;
export type AnswerWay = (typeof ANSWER_WAYS)[number];

function text(most: number) {
  const error = `is not a text of at most ${most} characters with content.`;
  return z.string({ error }).check(
    z.maxLength(most, { error }),
    z.refine((value) => value.trim() !== '', { error }),
  );
}

const ID_ERROR = 'is not 1 to 80 letters, digits, ".", "_" and "-".';
/** Not `z.regex`: it writes to its pattern, which a workflow's sandbox has frozen. */
const QUESTION_ID = z
  .string({ error: 'is missing.' })
  .check(z.refine((id) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(id), { error: ID_ERROR }));

/** What a workflow asks. */
export const QUESTION_ASKED = record({
  id: QUESTION_ID,
  question: text(MAX_QUESTION),
  /** What the question is about: a draft, a plan. */
  show: z.exactOptional(z.string({ error: 'is not a text.' })),
  choices: z.exactOptional(
    z
      .array(text(MAX_CHOICE), { error: 'is not a list of texts.' })
      .check(
        z.minLength(1, { error: 'is empty: leave it out, or name the choices.' }),
        z.maxLength(MAX_CHOICES, { error: `has more than ${MAX_CHOICES} choices.` }),
      ),
  ),
  /** The answer when the time is up. */
  default: z.exactOptional(text(MAX_ANSWER)),
});

/** A question as the memo holds it. */
export const QUESTION = z.object({
  ...QUESTION_ASKED.shape,
  /** Counts the questions of a run from 1. */
  number: z.number(),
  state: z.enum(QUESTION_STATES),
  /** ISO 8601, UTC. */
  askedAt: z.string(),
  /** When the time is up; absent where the run waits for as long as it takes. */
  deadline: z.exactOptional(z.string()),
  answer: z.exactOptional(z.string()),
  /** Who answered, as they or their client say. */
  by: z.exactOptional(z.string()),
  via: z.exactOptional(z.enum(ANSWER_WAYS)),
  answeredAt: z.exactOptional(z.string()),
  /** ID of the update that answered: the same answer again is a repeat. */
  updateId: z.exactOptional(z.string()),
});
export type Question = Stored<typeof QUESTION>;

const QUESTIONS = z.array(QUESTION);

/** The questions in a memo, the oldest first; none where it holds no valid ones. */
export function readQuestions(memo: Readonly<Record<string, unknown>> | undefined): readonly Question[] {
  const read = z.safeParse(QUESTIONS, memo?.[QUESTIONS_MEMO], { jitless: true });
  return read.success ? read.data : [];
}

/** Argument of the update `input`. */
export const INPUT_ANSWER = record({
  /** A choice, or words where the question has none. */
  answer: filledText('write the answer').check(
    z.maxLength(MAX_ANSWER, { error: `has more than ${MAX_ANSWER} characters.` }),
  ),
  /** ID of the question. May be absent where one is open. */
  question: z.exactOptional(QUESTION_ID),
  /** Who answers. */
  by: z.exactOptional(text(MAX_NAME)),
  comment: z.exactOptional(text(MAX_COMMENT)),
  /** Set by the ingress. */
  via: z.exactOptional(z.enum(ANSWER_WAYS, { error: `is none of ${ANSWER_WAYS.join(', ')}.` })),
});
export type InputAnswer = Stored<typeof INPUT_ANSWER>;

/** Result of the update `input`: the answer that counts. */
export interface InputReceipt {
  readonly question: string;
  readonly answer: string;
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly answeredAt: string;
}

/** Types of the failure with which a workflow refuses an update. */
export const INPUT_REFUSAL = {
  invalid: 'InvalidInput',
  /** Another answer came first. */
  answered: 'AlreadyAnswered',
  /** No such question is open. */
  notAsked: 'NotAsked',
} as const;
