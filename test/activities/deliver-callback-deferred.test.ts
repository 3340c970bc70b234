import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { PostAnswer } from '../../src/egress/guarded-request.ts';
import { callbackInput, detailsOf, setUpDelivery } from '../support/deliver-callback-setup.ts';
import { failureOf, mockAttempt } from '../support/mock-activity.ts';

const URL_OF_SLOW = 'https://slow.example.com/hook?key=hunter2';
const TAKEN: PostAnswer = { statusCode: 204, address: '8.8.8.8', durationMs: 1 };

/** Deliveries to one host with a single permit, which the first one holds until the test ends. */
function setUpFull(t: TestContext) {
  let release = (): void => undefined;
  const held = new Promise<PostAnswer>((resolve) => (release = () => resolve(TAKEN)));
  let posted = 0;
  const post = (): Promise<PostAnswer> => ((posted += 1) === 1 ? held : Promise.resolve(TAKEN));
  const delivery = setUpDelivery({ post, perHost: 1 });
  const first = delivery.run(callbackInput(URL_OF_SLOW));
  t.after(async () => {
    release();
    await first;
  });
  return { ...delivery, first, release, posted: () => posted };
}

describe('a callback at the per-host limit', () => {
  test('frees its slot until it is due, and does not count', async (t) => {
    const { run, announced, counted, logger, posted } = setUpFull(t);
    const attempt = mockAttempt({ attempt: 2, heartbeatDetails: { announced: true, parked: 1 } });
    const failure = await failureOf(run(callbackInput(URL_OF_SLOW), attempt));
    assert.equal(failure.type, 'CallbackParked');
    assert.equal(failure.nonRetryable, false);
    assert.equal(failure.category, 'BENIGN');
    // A guess of a quarter second, or for how long the permit has been taken on a busy machine.
    const delayMs = Number(failure.nextRetryDelay);
    assert.ok(delayMs >= 250 && delayMs < 60_000, `${delayMs} ms`);
    assert.equal(
      failure.message,
      'slow.example.com is at the per-host limit; this delivery is deferred and does not count as an attempt.',
    );
    assert.equal(failure.stack, '');
    assert.deepEqual(attempt.heartbeats, [{ announced: true, parked: 2 }]);
    assert.equal(posted(), 1);
    assert.deepEqual(announced, []);
    assert.deepEqual(counted, ['deferred']);
    assert.doesNotMatch(JSON.stringify(logger.lines), /hunter2/);
  });

  test('goes to another port of the same name all the same', async (t) => {
    const { run } = setUpFull(t);
    assert.equal((await run(callbackInput('https://slow.example.com:8443/'))).statusCode, 204);
  });

  test('is sent once a permit is free, and counts sent attempts only', async (t) => {
    const { run, first, release } = setUpFull(t);
    release();
    await first;
    const attempt = mockAttempt({ attempt: 5, heartbeatDetails: { parked: 4 } });
    assert.equal((await run(callbackInput(URL_OF_SLOW), attempt)).attempts, 1);
  });

  test('is sent anyway where Temporal counts the attempts', async (t) => {
    const { run } = setUpFull(t);
    const retryPolicy = { maximumAttempts: 3 };
    assert.equal((await run(callbackInput(URL_OF_SLOW), mockAttempt({ retryPolicy }))).statusCode, 204);
  });

  test('fails when the total timeout leaves no time', async (t) => {
    const { fail, counted } = setUpFull(t);
    const failure = await fail(callbackInput(URL_OF_SLOW), { scheduleToCloseTimeoutMs: 2500 });
    assert.equal(failure.type, 'CallbackFailed');
    assert.equal(failure.nonRetryable, true);
    assert.match(failure.message, /^slow\.example\.com stayed at the per-host limit/);
    assert.deepEqual(counted, ['died']);
  });
});

describe('the schedule', () => {
  const refused = (): Promise<PostAnswer> => Promise.resolve({ ...TAKEN, statusCode: 500 });

  test('continues after deferrals', async () => {
    const { fail } = setUpDelivery({ post: refused });
    const parked = { announced: true, parked: 7 };
    const second = await fail(callbackInput(URL_OF_SLOW), { attempt: 9, heartbeatDetails: parked });
    assert.equal(second.nextRetryDelay, 300_000);
    assert.equal(detailsOf(second).tries, 2);
    const third = await fail(callbackInput(URL_OF_SLOW), { attempt: 10, heartbeatDetails: parked });
    assert.equal(third.nonRetryable, true);
    assert.equal(detailsOf(third).tries, 3);
  });

  test('ends when the last attempt was lost with its worker, instead of beginning one more', async () => {
    let posted = 0;
    const { fail, counted } = setUpDelivery({
      post: () => {
        posted += 1;
        return refused();
      },
    });
    const failure = await fail(callbackInput(URL_OF_SLOW), { attempt: 4 });
    assert.equal(failure.nonRetryable, true);
    assert.match(failure.message, /lost with its worker/);
    assert.deepEqual([posted, counted], [0, ['died']]);
  });

  test('takes odd heartbeat details for none', async () => {
    const { fail } = setUpDelivery({ post: refused });
    for (const heartbeatDetails of ['x', 7, null, { parked: -3 }, { parked: '9' }, { parked: 1.5 }]) {
      assert.equal((await fail(callbackInput(URL_OF_SLOW), { heartbeatDetails })).nextRetryDelay, 5000);
    }
  });
});
