import { setTimeout as sleep } from 'node:timers/promises';
import { SIGNAL } from '../../src/contract/names.ts';
import type { Step } from '../support/scripted-activities.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Scenario } from './scenarios.ts';

const ONCE_503: Step = { retry: 'CallbackFailed', statusCode: 503 };
export const TWICE_503: readonly Step[] = [ONCE_503, ONCE_503];
export const THREE_TRIES = { retryDelaysMs: [10, 10] };
/** What a callback meets in `THREE_TRIES`. */
export const NEVER_TAKEN: readonly Step[] = [...TWICE_503, { fail: 'CallbackFailed', statusCode: 503 }];

const DELIVERED = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } } as const;

/** A run whose callback somebody asks to send again. */
export const REDELIVERY_SCENARIOS: Readonly<Record<string, Scenario>> = {
  redelivered: {
    callback: NEVER_TAKEN,
    target: THREE_TRIES,
    drive: async (handle, activities) => {
      await waitFor('3 deliveries', () => activities.deliveries.length === 3, 10_000);
      await sleep(200); // until the workflow knows that it is dead; a signal before that is as good
      await handle.signal(SIGNAL.redeliver, {});
    },
    ...DELIVERED,
  },
  'redelivered-to-a-new-url': {
    callback: NEVER_TAKEN,
    target: THREE_TRIES,
    drive: async (handle, activities) => {
      await waitFor('3 deliveries', () => activities.deliveries.length === 3, 10_000);
      await sleep(200);
      await handle.signal(SIGNAL.redeliver, { url: 'https://other.example.com/hooks' });
    },
    ...DELIVERED,
  },
  'redelivered-before-there-is-an-answer': {
    agent: ['slow'],
    drive: async (handle, activities) => {
      await waitFor('a call', () => activities.agentCalls.length > 0, 10_000);
      await handle.signal(SIGNAL.redeliver, { url: 'https://other.example.com/hooks' });
    },
    ...DELIVERED,
  },
  'redelivered-while-retrying': {
    callback: [{ retry: 'CallbackFailed', statusCode: 503, delayMs: 60_000 }],
    target: { retryDelaysMs: [60_000] },
    drive: async (handle, activities) => {
      await waitFor('a delivery', () => activities.deliveries.length === 1, 10_000);
      await sleep(200);
      await handle.signal(SIGNAL.redeliver);
    },
    ...DELIVERED,
  },
  'redelivered-elsewhere-while-the-callback-is-taken': {
    callback: [{ retry: 'CallbackFailed', statusCode: 503 }, 'outlast'],
    drive: async (handle, activities) => {
      await waitFor('2 deliveries', () => activities.deliveries.length === 2, 10_000);
      await handle.signal(SIGNAL.redeliver, { url: 'https://other.example.com/hooks' });
    },
    ...DELIVERED,
  },
  'redelivered-while-the-callback-is-taken': {
    callback: [{ retry: 'CallbackFailed', statusCode: 503 }, 'outlast'],
    drive: async (handle, activities) => {
      await waitFor('2 deliveries', () => activities.deliveries.length === 2, 10_000);
      await handle.signal(SIGNAL.redeliver, {});
    },
    ...DELIVERED,
  },
  'delivered-again': { redeliver: {}, ...DELIVERED },
  'delivered-again-elsewhere-at-the-second-attempt': {
    callback: ['succeed', { retry: 'CallbackFailed', statusCode: 503 }],
    redeliver: { url: 'https://other.example.com/hooks' },
    ...DELIVERED,
  },
  'delivered-again-to-nobody': {
    callback: ['succeed', ...NEVER_TAKEN],
    target: THREE_TRIES,
    redeliver: {},
    closes: 'CallbackUndeliverable',
    reads: { status: 'completed', callback: 'dead' },
  },
};
