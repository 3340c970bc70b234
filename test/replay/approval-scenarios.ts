import { answerPerson, untilAsked } from '../support/answer-person.ts';
import type { Scenario } from './scenarios.ts';

const input = { approval: { question: 'Deploy it?', timeoutMs: 60_000, default: 'refuse' } } as const;
const NOT_ANSWERED = { approval: { ...input.approval, timeoutMs: 500 } };
const DELIVERED = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } } as const;
const REFUSED = {
  closes: 'ApprovalRefused',
  reads: { status: 'failed', callback: 'delivered', code: 'ApprovalRefused' },
} as const;

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
