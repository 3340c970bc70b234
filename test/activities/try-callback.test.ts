import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createDeliverCallback, type DeliverCallbackDeps } from '../../src/activities/deliver-callback.ts';
import type { DeliverCallbackInput } from '../../src/contract/activities.ts';
import type { FirstTry } from '../../src/contract/first-try.ts';
import type { CallbackReceipt } from '../../src/contract/run.ts';
import { type CallbackReceiver, type ReceiverAnswer, startCallbackReceiver } from '../support/callback-receiver.ts';
import { ACME, callbackInput } from '../support/deliver-callback-setup.ts';
import { failureOf, mockAttempt, RecordingLogger } from '../support/mock-activity.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** A worker, which may die and come again with the same folder. */
function startWorker(changes: Partial<DeliverCallbackDeps> = {}) {
  const counted: string[] = [];
  const announced: string[] = [];
  const activities = createDeliverCallback({
    clients: new Map([['acme', ACME]]),
    permitNetworks: ['127.0.0.1/32'],
    onFirstFailure: (runId) => Promise.resolve(void announced.push(runId)),
    logger: new RecordingLogger(),
    random: () => 0.5,
    metrics: {
      callbackAttempted: (attempt) => counted.push(attempt.outcome === 'failed' ? attempt.errorClass : attempt.outcome),
      callbackDied: () => counted.push('died'),
      callbackDeferred: () => counted.push('deferred'),
    },
    ...changes,
  });
  const local = { isLocal: true, heartbeatTimeoutMs: 0 };
  return {
    counted,
    announced,
    tryFirst: (input: DeliverCallbackInput): Promise<FirstTry> =>
      mockAttempt(local).env.run(activities.tryCallback, input),
    deliver: (input: DeliverCallbackInput, attempt = 1): Promise<CallbackReceipt> =>
      mockAttempt({ attempt }).env.run(activities.deliverCallback, input),
  };
}

type Worker = ReturnType<typeof startWorker>;

/** Makes a receiver one that is known to answer quickly, however busy this machine is. */
async function makeKnown(worker: Worker, receiver: CallbackReceiver): Promise<void> {
  for (let n = 0; ; n += 1) {
    await worker.deliver(callbackInput(receiver.url, { deliveryId: `warm-${n}` }));
    const { is } = await worker.tryFirst(callbackInput(receiver.url, { deliveryId: `known-${n}` }));
    if (is === 'delivered') break;
    assert.ok(n < 50, 'the receiver is never quick');
  }
  receiver.received.length = 0;
  worker.counted.length = 0;
}

const OK: ReceiverAnswer = { status: 200 };

describe('the first try of a callback', () => {
  test('is for a host that this worker knows to be quick; the history keeps all but the answer', async (t) => {
    const receiver = await startCallbackReceiver(t);
    const worker = startWorker();
    const input = callbackInput(receiver.url);
    assert.deepEqual(await worker.tryFirst(input), { is: 'deferred' });
    assert.equal(receiver.received.length, 0);
    await makeKnown(worker, receiver);
    const first = await worker.tryFirst(input);
    assert.ok(first.is === 'delivered');
    assert.deepEqual([first.receipt.statusCode, first.receipt.attempts], [200, 1]);
    const { output: _, ...told } = input.outcome ?? assert.fail();
    assert.deepEqual(first.delivery, { ...input, outcome: told });
    assert.equal(receiver.received.length, 1);
    assert.match(String(receiver.received[0]?.body), /Grüße/);
    assert.deepEqual(worker.counted, ['delivered']);
  });

  test('is made once, though its workflow task comes again, to this worker or to the next one in its place', async (t) => {
    const receiver = await startCallbackReceiver(t);
    const journalFolder = temporaryFolder(t);
    const worker = startWorker({ journalFolder });
    await makeKnown(worker, receiver);
    const input = callbackInput(receiver.url);
    const first = await worker.tryFirst(input);
    assert.equal(first.is, 'delivered');
    assert.deepEqual(await worker.tryFirst(input), first);
    assert.deepEqual(await startWorker({ journalFolder }).tryFirst(input), first);
    assert.equal(receiver.received.length, 1);
    assert.deepEqual(readdirSync(join(journalFolder, 'first-tries')), ['present.jsonl']);
    // To another address it is another delivery.
    const elsewhere = callbackInput(receiver.url.replace('/hook', '/other'));
    assert.equal((await worker.tryFirst(elsewhere)).is, 'delivered');
    assert.equal(receiver.received.length, 2);
  });

  test('that the receiver refuses is the first attempt of the activity, which sends nothing for it', async (t) => {
    let answer = OK;
    const receiver = await startCallbackReceiver(t, () => answer);
    const worker = startWorker();
    await makeKnown(worker, receiver);
    answer = { status: 503, headers: { 'retry-after': '8' } };
    const input = callbackInput(receiver.url);
    const first = await worker.tryFirst(input);
    assert.ok(first.is === 'failed');
    assert.equal(receiver.received.length, 1);
    assert.deepEqual([worker.counted, worker.announced], [[], []]);
    const next = { ...input, tried: first.tried };
    const failure = await failureOf(worker.deliver(next));
    assert.equal(
      failure.message,
      '127.0.0.1 answered 503: check the receiver, only a 2xx status accepts the callback.',
    );
    assert.equal(failure.nextRetryDelay, 8000);
    const at = new Date(first.tried.at).toISOString();
    const [{ durationMs: _, ...details }] = failure.details as [{ durationMs: number }];
    assert.deepEqual(details, { errorClass: 'status', statusCode: 503, address: '127.0.0.1', at });
    assert.deepEqual([worker.counted, worker.announced], [['status'], ['run-4x7q']]);
    assert.equal(receiver.received.length, 1);
    // The host has a record now, and the second attempt sends.
    assert.equal((await worker.tryFirst(callbackInput(receiver.url, { deliveryId: 'other' }))).is, 'deferred');
    answer = OK;
    assert.equal((await worker.deliver(next, 2)).attempts, 2);
    assert.equal(receiver.received.length, 2);
  });

  test('that asks for no further attempts ends the delivery', async (t) => {
    let answer = OK;
    const receiver = await startCallbackReceiver(t, () => answer);
    const worker = startWorker();
    await makeKnown(worker, receiver);
    answer = { status: 410 };
    const input = callbackInput(receiver.url);
    const first = await worker.tryFirst(input);
    assert.ok(first.is === 'failed');
    const failure = await failureOf(worker.deliver({ ...input, tried: first.tried }));
    assert.deepEqual([failure.type, failure.nonRetryable], ['CallbackStopped', true]);
    assert.deepEqual(worker.counted, ['status', 'died']);
    assert.equal(receiver.received.length, 1);
  });

  test('that takes long is left to the attempt that follows: one request, and no further tries there', async (t) => {
    let answer = OK;
    const receiver = await startCallbackReceiver(t, () => answer);
    const worker = startWorker();
    await makeKnown(worker, receiver);
    answer = {};
    const input = callbackInput(receiver.url, { attemptTimeoutMs: 2500 });
    const startedAt = performance.now();
    const { finishedAt = '' } = input.outcome ?? {};
    assert.deepEqual(await worker.tryFirst(input), { is: 'deferred', finishedAt });
    assert.ok(performance.now() - startedAt < 2400, 'it waited for the timeout of the attempt');
    assert.equal((await worker.tryFirst(callbackInput(receiver.url, { deliveryId: 'other' }))).is, 'deferred');
    const failure = await failureOf(worker.deliver(input));
    assert.match(failure.message, /^127\.0\.0\.1 did not/);
    assert.deepEqual(worker.counted, ['timeout']);
    assert.equal(receiver.received.length, 1);
  });

  test('that takes long is waited for by a worker that shuts down, which gets no attempts any more', async (t) => {
    let answer = OK;
    let draining = false;
    const receiver = await startCallbackReceiver(t, () => {
      draining = answer !== OK;
      return answer;
    });
    const worker = startWorker({ isDraining: () => draining });
    await makeKnown(worker, receiver);
    answer = { status: 200, afterMs: 2000 };
    assert.equal((await worker.tryFirst(callbackInput(receiver.url, { attemptTimeoutMs: 5000 }))).is, 'delivered');
    assert.equal(receiver.received.length, 1);
  });

  test('that is lost with its worker is sent again with the same body, although its workflow task comes again later', async (t) => {
    let answer = OK;
    const receiver = await startCallbackReceiver(t, () => answer);
    const journalFolder = temporaryFolder(t);
    const worker = startWorker({ journalFolder });
    await makeKnown(worker, receiver);
    answer = {};
    const input = callbackInput(receiver.url, { attemptTimeoutMs: 3000 });
    const { outcome = assert.fail() } = input;
    const lost = worker.tryFirst(input);
    await waitFor('the request', () => receiver.received.length === 1);
    answer = OK;
    const later = { ...input, outcome: { ...outcome, finishedAt: '2027-01-01T00:00:00.000Z' } };
    // It does not know the receiver yet: the activity sends what the workflow takes from this.
    const unknown = await startWorker({ journalFolder }).tryFirst(later);
    assert.deepEqual(unknown, { is: 'deferred', finishedAt: outcome.finishedAt });
    const next = startWorker({ journalFolder });
    for (let n = 0; ; n += 1) {
      await next.deliver(callbackInput(receiver.url, { deliveryId: `warm-${n}` }));
      if ((await next.tryFirst(later)).is === 'delivered') break;
      assert.ok(n < 50, 'the receiver is never quick');
    }
    const bodies = receiver.received.filter(({ headers }) => headers['webhook-id'] === input.deliveryId);
    assert.equal(bodies.length, 2);
    assert.equal(bodies[1]?.body, bodies[0]?.body);
    await lost;
  });

  test('holds few slots for workflow tasks, whatever the receivers do', async (t) => {
    let answer = OK;
    const receiver = await startCallbackReceiver(t, () => answer);
    const worker = startWorker();
    await makeKnown(worker, receiver);
    answer = {};
    const startedAt = performance.now();
    const tries = Array.from({ length: 100 }, (_, n) =>
      worker.tryFirst(callbackInput(receiver.url, { deliveryId: `run-${n}`, attemptTimeoutMs: 1500 })),
    );
    await Promise.all(tries.slice(12));
    assert.ok(performance.now() - startedAt < 900, 'those beyond the twelfth waited too');
    await Promise.all(tries);
    assert.ok(receiver.received.length <= 12, `${receiver.received.length} requests`);
  });

  test('is not made by a worker that shuts down, or does not know the client', async (t) => {
    const receiver = await startCallbackReceiver(t);
    let draining = false;
    const worker = startWorker({ isDraining: () => draining });
    await makeKnown(worker, receiver);
    assert.deepEqual(await worker.tryFirst(callbackInput(receiver.url, { client: 'nobody' })), { is: 'deferred' });
    draining = true;
    assert.deepEqual(await worker.tryFirst(callbackInput(receiver.url)), { is: 'deferred' });
    await waitFor('nothing sent', () => receiver.received.length === 0);
  });
});
