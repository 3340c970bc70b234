import { setTimeout as sleep } from 'node:timers/promises';
import { SESSION_SIGNAL } from '../../src/contract/session.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Scenario } from './scenarios.ts';

/** No session answers: what it sends is sent by the scenario. */
const input = { session: { id: 'session-of-nobody' } };
const CARRIER = 'run-of-another-task';
const DELIVERED = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } } as const;

/** A run that waits for its turn in a session. */
export const TURN_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'in-turn': {
    input,
    drive: async (handle) => {
      await sleep(500);
      await handle.signal(SESSION_SIGNAL.turn);
    },
    ...DELIVERED,
  },
  'turn-before-a-worker': {
    input,
    target: 'none',
    beforeWorker: (handle) => handle.signal(SESSION_SIGNAL.turn),
    closes: 'COMPLETED',
    reads: { status: 'completed', callback: 'none' },
  },
  'canceled-before-its-turn': {
    input,
    drive: async (handle) => {
      await sleep(500);
      await handle.cancel();
    },
    closes: 'CANCELLED',
    reads: { status: 'canceled', callback: 'delivered', code: 'Canceled' },
  },
  'collects-others': {
    input,
    drive: async (handle) => {
      await sleep(500);
      await handle.signal(SESSION_SIGNAL.turn, { collected: ['run-of-nobody'] });
    },
    ...DELIVERED,
  },
  collected: {
    input,
    drive: async (handle) => {
      await handle.signal(SESSION_SIGNAL.collected, { into: CARRIER, isOver: false });
      await sleep(500);
      await handle.signal(SESSION_SIGNAL.collected, { into: CARRIER, isOver: true });
    },
    ...DELIVERED,
  },
  'collected-and-asked-again': {
    input,
    drive: async (handle) => {
      await handle.signal(SESSION_SIGNAL.collected, { into: CARRIER, isOver: false });
      await sleep(500);
      await handle.signal(SESSION_SIGNAL.turn, {});
    },
    ...DELIVERED,
  },
  'collected-and-canceled': {
    input,
    drive: async (handle) => {
      await handle.signal(SESSION_SIGNAL.collected, { into: CARRIER, isOver: false });
      await sleep(500);
      await handle.cancel();
    },
    closes: 'CANCELLED',
    reads: { status: 'canceled', callback: 'delivered', code: 'Canceled' },
  },
  'given-a-second-turn': {
    input,
    callback: ['slow'],
    drive: async (handle, activities) => {
      await handle.signal(SESSION_SIGNAL.turn);
      await waitFor('the delivery', () => activities.deliveries.length > 0, 10_000);
      await handle.signal(SESSION_SIGNAL.turn);
    },
    ...DELIVERED,
  },
};
