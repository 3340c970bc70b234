import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { deriveAnswerId } from '../contract/answer-id.ts';
import type { AnswerClaim } from '../contract/answer-link.ts';
import {
  INPUT_REFUSAL,
  INPUT_UPDATE,
  type InputAnswer,
  type InputReceipt,
  type Question,
  readQuestions,
} from '../contract/question.ts';
import { fieldProblem, ProblemError } from '../protocol/problem-error.ts';
import type { AskTemporal } from './ask-temporal.ts';
import type { RunFacts } from './run-facts.ts';

/** How long the workflow of a run may take to take an answer, in milliseconds: an update gets no answer where no worker is. */
export const INPUT_DEADLINE_MS = 5000;

/** A person's answer to a question of a run that names it. */
export type NamedAnswer = InputAnswer & { readonly question: string };

/** A question of a run, for who has its link. */
export interface AskedRun {
  readonly client: string;
  /** The task in one line. */
  readonly summary: string | undefined;
  readonly question: Question;
}

/**
 * Finds the question of a link.
 *
 * @param ended whether the run has ended
 * @returns undefined where the run has forgotten it, or was reset and asks anew
 */
export function findAsked(
  { memo }: Pick<RunFacts, 'memo'>,
  { question: id, askedAt }: Pick<AnswerClaim, 'question' | 'askedAt'>,
  ended: boolean,
): AskedRun | undefined {
  const found = readQuestions(memo).find((one) => one.id === id && Date.parse(one.askedAt) === askedAt);
  if (found === undefined) return undefined;
  const { client, summary } = memo;
  return { client, summary, question: ended && found.state === 'open' ? { ...found, state: 'withdrawn' } : found };
}

/**
 * Judges an answer by what the run tells, without a worker.
 *
 * @param ended whether the run has ended
 * @returns `repeat`: it is the answer that counts; `open`: the workflow has to be asked
 * @throws ProblemError `already_answered` or `not_asked`
 */
export function judgeAnswer({ memo }: Pick<RunFacts, 'memo'>, given: NamedAnswer, ended: boolean): 'repeat' | 'open' {
  const questions = readQuestions(memo);
  const question = questions.find(({ id }) => id === given.question);
  if (question?.answer !== undefined) {
    if (question.updateId === deriveAnswerId(given)) return 'repeat';
    const { by, answeredAt, answer } = question;
    throw new ProblemError('already_answered', `"${question.id}" was answered by ${by} at ${answeredAt}: ${answer}`);
  }
  if (question?.state === 'open' && !ended) return 'open';
  const open = ended ? [] : questions.filter(({ state }) => state === 'open').map(({ id }) => id);
  const now = open.length === 0 ? 'the run asks nothing now' : `open are ${open.join(', ')}`;
  throw new ProblemError('not_asked', `The run does not ask "${given.question}": ${now}.`);
}

/**
 * Gives an answer to the workflow that asks. The same answer again is the same update.
 *
 * @returns whether it was taken; not where the workflow has closed in the meantime, or does so as it answers, or asks no longer: its memo
 * says why
 * @throws ProblemError `already_answered`, `invalid_parameter`, `worker_unavailable`
 */
export async function sendAnswer(ask: AskTemporal, runId: string, given: NamedAnswer): Promise<boolean> {
  const deadline = Date.now() + INPUT_DEADLINE_MS;
  const until = performance.now() + INPUT_DEADLINE_MS;
  try {
    return await ask('update', until, (temporal) =>
      temporal.withDeadline(deadline, async () => {
        try {
          const update = { args: [given] as [InputAnswer], updateId: deriveAnswerId(given) };
          await temporal.workflow.getHandle(runId).executeUpdate<InputReceipt, [InputAnswer]>(INPUT_UPDATE, update);
          return true;
        } catch (error) {
          if (error instanceof WorkflowNotFoundError) return false;
          if (error instanceof WorkflowUpdateFailedError) {
            const problem = toProblem(error);
            if (problem === undefined) return false;
            throw problem;
          }
          if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw late();
          throw error;
        }
      }),
    );
  } catch (error) {
    // The run was read a moment ago, so Temporal is there.
    throw error instanceof ProblemError && error.code === 'temporal_unavailable' ? late() : error;
  }
}

/** Undefined where the run takes no answer to this question now, whoever says so. */
function toProblem({ cause }: WorkflowUpdateFailedError): ProblemError | undefined {
  const { type, message = '' } = (cause ?? {}) as { readonly type?: string; readonly message?: string };
  if (type === INPUT_REFUSAL.answered) return new ProblemError('already_answered', message);
  if (type === INPUT_REFUSAL.invalid) return fieldProblem('invalid_parameter', [toField(message)]);
  return undefined;
}

/** The workflow's sentence begins with the name of the field. */
function toField(message: string): { field: string; message: string } {
  const [, field = 'answer', rest = message] = /^(\w+) (.*?)\.?$/s.exec(message) ?? [];
  return { field, message: rest };
}

function late(): ProblemError {
  return new ProblemError(
    'worker_unavailable',
    `No worker took the answer within ${INPUT_DEADLINE_MS / 1000} s, and one may take it later: send the same answer again, which counts once.`,
  );
}
