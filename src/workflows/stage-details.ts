import { ApplicationFailure } from '@temporalio/workflow';
import type { FailureType } from '../contract/failures.ts';
import { SIGNAL } from '../contract/names.ts';
import { escapeMarkdown } from '../contract/describe-run.ts';
import { INPUT_UPDATE, type Question } from '../contract/question.ts';
import type { CallbackReceipt, CallbackTarget, OutcomeStatus, RunOutcome } from '../contract/run.ts';
import { ellipsize } from '../values/plain-text.ts';
import { toRecord } from '../values/is-record.ts';

/** What a stage is told from. */
export interface Stage {
  readonly runId: string;
  readonly target: CallbackTarget;
  readonly outcome: RunOutcome;
}

const PENDING = '_Pending Activities_ shows the last failure and the next attempt.';

/** Temporal takes 20,000 bytes of details, and a UTF-16 unit has at most three. */
const MAX_DETAILS = 6000;
/** Escaped, a text may be twice as long. */
const MAX_SHOWN = 2000;
const MAX_SHOWN_DEFAULT = 100;

const OUTCOME: Readonly<Record<OutcomeStatus, string>> = {
  completed: 'Answer ready',
  failed: 'Failed',
  timed_out: 'Timed out',
  canceled: 'Canceled',
};

/**
 * Where a run stands, as Current Details of the Temporal UI: Markdown, computed when the workflow goes on, at no event.
 *
 * A workflow knows an activity's first failure by a signal and its end, and nothing in between. So these texts count attempts only
 * where they are over, and point to the pending activities for the rest.
 */
export const STAGE = {
  waitsForTurn: '**Waits for its turn** in its session: another run of the same session key is at work.',

  collected: (into: string): string => `**Collected**: the call of \`${into}\` answers this run too.`,

  /** @param open the questions that wait for their answers */
  asks: (open: readonly Question[]): string => ellipsize(open.map(askOne).join('\n\n---\n\n'), MAX_DETAILS),

  asking: (agent: string): string => `**Waits for the agent** \`${agent}\`. ${PENDING}`,

  working: (workflow: string): string => `**Runs the workflow** \`${workflow}\`. ${PENDING}`,

  agentAtFault: (agent: string, type: FailureType): string =>
    `**Waits for the agent** \`${agent}\`, which is at fault: \`${type}\`. ${PENDING}`,

  finished: (outcome: RunOutcome): string => told(outcome, 'No callback was asked for.'),

  delivering: ({ outcome }: Stage): string => told(outcome, 'The callback is on its way.'),

  retrying: (stage: Stage, at: Date): string =>
    told(
      stage.outcome,
      `The first of ${count(stage)} callback attempts failed at ${at.toISOString()}. ${PENDING}`,
      sendAgain(stage),
    ),

  sentAgain: (stage: Stage, at: Date): string =>
    told(stage.outcome, `The callback is sent again since ${at.toISOString()}. ${PENDING}`),

  /** @param until undefined where the workflow closes now; a signal then reaches nobody */
  dead: (stage: Stage, why: Error | undefined, until: Date | undefined): string => {
    const kept = until === undefined ? '' : `, kept until ${until.toISOString()}`;
    const again = until === undefined ? `Send it again: \`${redeliverCommand(stage)}\`.` : sendAgain(stage);
    return told(stage.outcome, `**Dead letter**${kept}: ${howItDied(why)}`, again);
  },

  delivered: ({ outcome }: Stage, { attempts, statusCode, deliveredAt }: CallbackReceipt): string =>
    told(outcome, `The callback was accepted with ${statusCode} at ${deliveredAt}, by attempt ${attempts}.`),
} as const;

function askOne({ id, question, show, choices, deadline, default: otherwise }: Question): string {
  const answer = `{"question": "${id}", "answer": ${choices === undefined ? '"…"' : JSON.stringify(choices[0])}, "by": "…"}`;
  const until = deadline === undefined ? '' : ` until ${deadline}`;
  const then = otherwise === undefined ? '' : `, then ${escapeMarkdown(ellipsize(otherwise, MAX_SHOWN_DEFAULT))}`;
  return [
    `**Waits for a person**${until}${then}: ${escapeMarkdown(question)}`,
    ...(choices === undefined ? [] : [`Choices: ${choices.map(escapeMarkdown).join(', ')}.`]),
    `Answer it: update \`${INPUT_UPDATE}\` with \`${answer.replaceAll('`', "'")}\`, or \`garudust-temporal runs answer\`.`,
    ...(show === undefined ? [] : [escapeMarkdown(ellipsize(show, MAX_SHOWN))]),
  ].join('\n\n');
}

function told(
  { status, usage: { inputTokens, outputTokens, costUsd } = {}, error }: RunOutcome,
  ...lines: string[]
): string {
  const tokens = [
    inputTokens !== undefined && `${inputTokens} tokens in`,
    outputTokens !== undefined && `${outputTokens} out`,
    costUsd !== undefined && `${costUsd} USD`,
  ].filter(Boolean);
  const why = error === undefined ? '' : `: \`${error.code}\``;
  const cost = tokens.length === 0 ? '' : ` (${tokens.join(', ')})`;
  return [`**${OUTCOME[status]}**${why}${cost}.`, ...lines].join('\n\n');
}

function count({ target }: Stage): number {
  return target.retryDelaysMs.length + 1;
}

function howItDied(why: Error | undefined): string {
  const [last] = why instanceof ApplicationFailure ? (why.details ?? []) : [];
  const { statusCode, errorClass, at } = toRecord(last);
  const what = typeof statusCode === 'number' ? `${statusCode}` : errorClass;
  if (typeof what !== 'string' || typeof at !== 'string') return 'no attempt was accepted.';
  return `the last attempt failed with ${what} at ${at}.`;
}

function sendAgain(stage: Stage): string {
  return `Send it again: signal \`${SIGNAL.redeliver}\`, or \`${redeliverCommand(stage)}\`.`;
}

function redeliverCommand({ runId }: Stage): string {
  return `garudust-temporal runs redeliver ${runId}`;
}
