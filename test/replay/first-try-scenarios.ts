import type { Scenario } from './scenarios.ts';

const DELIVERED = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } } as const;

/** A run whose worker tries the callback within the workflow task of the agent's answer. */
export const FIRST_TRY_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'delivered-at-once': { firstTry: 'delivered', ...DELIVERED },
  'delivered-at-once-that-the-agent-failed': {
    agent: [{ fail: 'TaskRefused' }],
    firstTry: 'delivered',
    closes: 'TaskRefused',
    reads: { status: 'failed', callback: 'delivered', code: 'TaskRefused' },
  },
  'delivered-at-once-that-it-was-canceled': {
    beforeWorker: (handle) => handle.cancel().then(() => undefined),
    firstTry: 'delivered',
    closes: 'CANCELLED',
    reads: { status: 'canceled', callback: 'delivered', code: 'Canceled' },
  },
  'first-try-deferred': { firstTry: 'deferred', ...DELIVERED },
  'first-try-failed': {
    firstTry: 'failed',
    // The activity begins with what the first try came to.
    callback: [{ retry: 'CallbackFailed', statusCode: 503 }],
    ...DELIVERED,
  },
};
