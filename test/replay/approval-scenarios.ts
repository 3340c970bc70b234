import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { SESSION_SIGNAL } from '../../src/contract/session.ts';
import { answerPerson, untilAsked } from '../support/answer-person.ts';
import type { ScriptedActivities } from '../support/scripted-activities.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Scenario } from './scenarios.ts';

const input = { approval: { question: 'Deploy it?', timeoutMs: 60_000, default: 'refuse' } } as const;
const NOT_ANSWERED = { approval: { ...input.approval, timeoutMs: 500 } };
const DELIVERED = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } } as const;
const REFUSED = {
  closes: 'ApprovalRefused',
  reads: { status: 'failed', callback: 'delivered', code: 'ApprovalRefused' },
} as const;

/** Its receiver wants to know of questions. */
const TOLD = { input: { approval: input.approval }, target: { tellsQuestions: true } } as const;

async function answerOnceTold(handle: WorkflowHandle, { questions }: ScriptedActivities, attempts = 1): Promise<void> {
  await waitFor('the question', () => questions.length >= attempts, 15_000);
  // The receiver's answer is on its way.
  await sleep(300);
  await answerPerson(handle, { answer: 'approve', by: 'Ann' });
}

/** A run whose task a person approves first. */
export const APPROVAL_SCENARIOS: Readonly<Record<string, Scenario>> = {
  approved: {
    input,
    drive: (handle) => answerPerson(handle, { answer: 'approve', by: 'Ann' }),
    ...DELIVERED,
  },
  'approval-refused': {
    input,
    drive: (handle) => answerPerson(handle, { answer: 'refuse', by: 'Ann', comment: 'not today' }),
    ...REFUSED,
  },
  'approval-timed-out': { input: NOT_ANSWERED, ...REFUSED },
  'approved-by-default': {
    input: { approval: { ...NOT_ANSWERED.approval, default: 'approve' } },
    ...DELIVERED,
  },
  'approved-in-a-session': {
    input: { ...input, session: { id: 'session-of-nobody', announcesItself: true } },
    drive: async (handle) => {
      await answerPerson(handle, { answer: 'approve', by: 'Ann' });
      await sleep(500);
      await handle.signal(SESSION_SIGNAL.turn);
    },
    ...DELIVERED,
  },
  'refused-in-a-session': {
    input: { ...input, session: { id: 'session-of-nobody', announcesItself: true } },
    drive: (handle) => answerPerson(handle, { answer: 'refuse', by: 'Ann' }),
    ...REFUSED,
  },
  'question-told': {
    ...TOLD,
    drive: (handle, activities) => answerOnceTold(handle, activities),
    ...DELIVERED,
  },
  'question-told-at-the-second-attempt': {
    ...TOLD,
    question: [{ retry: 'CallbackFailed' }],
    drive: (handle, activities) => answerOnceTold(handle, activities, 2),
    ...DELIVERED,
  },
  'answered-before-the-receiver-took-the-question': {
    ...TOLD,
    question: [{ retry: 'CallbackFailed', delayMs: 60_000 }],
    drive: (handle, activities) => answerOnceTold(handle, activities),
    ...DELIVERED,
  },
  'answered-while-the-receiver-has-the-question': {
    ...TOLD,
    question: ['hang'],
    drive: (handle, activities) => answerOnceTold(handle, activities),
    ...DELIVERED,
  },
  'receiver-wants-no-question': {
    ...TOLD,
    question: [{ fail: 'CallbackStopped' }],
    drive: (handle, activities) => answerOnceTold(handle, activities),
    ...DELIVERED,
  },
  'canceled-while-a-question-is-told': {
    ...TOLD,
    question: ['hang'],
    drive: async (handle, { questions }) => {
      await waitFor('the question', () => questions.length === 1, 15_000);
      await handle.cancel();
    },
    closes: 'CANCELLED',
    reads: { status: 'canceled', callback: 'delivered', code: 'Canceled' },
  },
  'canceled-while-asking': {
    input,
    drive: async (handle) => {
      await untilAsked(handle);
      await handle.cancel();
    },
    closes: 'CANCELLED',
    reads: { status: 'canceled', callback: 'delivered', code: 'Canceled' },
  },
};
