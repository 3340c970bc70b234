import assert from 'node:assert/strict';
import type { Info } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import type { CallbackClient } from '../../src/activities/callback/callback-client.ts';
import { createDeliverCallback, type DeliverCallbackDeps } from '../../src/activities/deliver-callback.ts';
import type { Activities, DeliverCallbackInput } from '../../src/contract/activities.ts';
import type { CallbackReceipt, DeliveryAttempt } from '../../src/contract/run.ts';
import { failureOf, type MockAttempt, mockAttempt, RecordingLogger } from './mock-activity.ts';

export const OLD_SECRET = 'a secret in plain words';
export const NEW_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const NOW = Date.parse('2026-01-31T12:00:00.000Z');

export const ACME: CallbackClient = { webhookSecret: [OLD_SECRET, NEW_SECRET], allowedCallbackDomains: [] };

/** A good input for a URL. */
export function callbackInput(url: string, changes: Partial<DeliverCallbackInput> = {}): DeliverCallbackInput {
  return {
    client: 'acme',
    runId: 'run-4x7q',
    url,
    deliveryId: 'run-4x7q',
    outcome: {
      status: 'completed',
      output: 'Grüße ♥ "quoted"',
      usage: { inputTokens: 3, outputTokens: 5 },
      sessionKey: 'deploys',
      finishedAt: '2026-01-31T11:59:59.000Z',
    },
    retryDelaysMs: [5000, 300_000],
    attemptTimeoutMs: 2000,
    ...changes,
  };
}

/** The activity with receivers on loopback permitted, for the client `acme`. */
export function createDelivery(changes: Partial<DeliverCallbackDeps> = {}): Activities['deliverCallback'] {
  return createDeliverCallback({
    clients: new Map([['acme', ACME]]),
    permitNetworks: ['127.0.0.1/32'],
    onFirstFailure: () => Promise.resolve(),
    logger: new RecordingLogger(),
    random: () => 0.5,
    ...changes,
  }).deliverCallback;
}

/** The activity with everything that it tells recorded. */
export function setUpDelivery(changes: Partial<DeliverCallbackDeps> = {}) {
  const logger = new RecordingLogger();
  const announced: string[] = [];
  const counted: string[] = [];
  const deliver = createDelivery({
    onFirstFailure: (runId) => {
      announced.push(runId);
      return Promise.resolve();
    },
    logger,
    metrics: {
      callbackAttempted: (attempt) => counted.push(attempt.outcome === 'failed' ? attempt.errorClass : attempt.outcome),
      callbackDied: () => counted.push('died'),
      callbackDeferred: () => counted.push('deferred'),
    },
    ...changes,
  });
  const run = (given: unknown, attempt: MockAttempt = mockAttempt()): Promise<CallbackReceipt> =>
    attempt.env.run(deliver, given as DeliverCallbackInput);
  const fail = (given: unknown, info: Partial<Info> = {}): Promise<ApplicationFailure> =>
    failureOf(run(given, mockAttempt(info)));
  return { run, fail, logger, announced, counted };
}

/** The one detail of a failed try. */
export function detailsOf(failure: ApplicationFailure): DeliveryAttempt {
  assert.equal(failure.details?.length, 1);
  return failure.details[0] as DeliveryAttempt;
}
