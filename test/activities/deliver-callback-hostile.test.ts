import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOSTILE } from '../egress/hostile-answers.ts';
import { expectNoLeftovers } from '../egress/no-leftovers.ts';
import { startReceiver } from '../egress/test-receiver.ts';
import { callbackInput, detailsOf, setUpDelivery } from '../support/deliver-callback-setup.ts';
import { failureOf, mockAttempt } from '../support/mock-activity.ts';

describe('a callback to a receiver that', () => {
  for (const [title, { serve, result, timeoutMs: attemptTimeoutMs = 10_000 }] of Object.entries(HOSTILE)) {
    const taken = typeof result === 'number' && result >= 200 && result <= 299;
    test(`${title} is ${taken ? 'taken by its status' : 'one failed attempt'}, and nothing is left`, async (t) => {
      const receiver = await startReceiver(t, (socket) => void socket.once('data', () => serve(socket)));
      expectNoLeftovers(t);
      const { run, counted, logger } = setUpDelivery();
      const input = callbackInput(`http://127.0.0.1:${receiver.port}/`, { attemptTimeoutMs });
      const work = run(input, mockAttempt());
      if (taken) {
        assert.equal((await work).statusCode, result);
        assert.deepEqual(counted, ['delivered']);
      } else {
        const failure = await failureOf(work);
        const errorClass = typeof result === 'number' ? 'status' : result[0];
        assert.equal(failure.type, 'CallbackFailed');
        assert.equal(failure.nextRetryDelay, 5000);
        assert.match(failure.message, /^127\.0\.0\.1 [^\n]{10,200}\.$/);
        assert.equal(detailsOf(failure).errorClass, errorClass);
        assert.deepEqual(counted, [errorClass]);
        assert.doesNotMatch(JSON.stringify([failure.message, logger.lines]), /hunter2/);
      }
      assert.equal(receiver.connections(), 1);
    });
  }
});

describe('a callback to a URL', () => {
  const longHost = `${'a.'.repeat(148)}com`;
  const cases: Readonly<Record<string, readonly [string, string, RegExp]>> = {
    'of 10,000 characters': [
      `https://ci.example.com/${'a'.repeat(10_000)}`,
      'InvalidInput',
      /^url has more than 8192 characters\.$/,
    ],
    'with a host of 300 characters': [
      `https://${longHost}/`,
      'CallbackRefused',
      /^the host of the URL is not a valid DNS name: correct it\.$/,
    ],
  };
  for (const [title, [url, type, words]] of Object.entries(cases)) {
    test(`${title} fails for good, with words that are short`, async () => {
      const failure = await setUpDelivery().fail(callbackInput(url));
      assert.equal(failure.type, type);
      assert.equal(failure.nonRetryable, true);
      assert.match(failure.message, words);
    });
  }

  test('whose host looks like a permitted one is refused by the name that it is', async () => {
    const { fail } = setUpDelivery({
      clients: new Map([['acme', { webhookSecret: ['s'], allowedCallbackDomains: ['example.com'] }]]),
    });
    const failure = await fail(callbackInput('https://\u0435xample.com/'));
    assert.equal(failure.type, 'CallbackRefused');
    assert.match(failure.message, /^xn--xample-2of\.com is not a permitted callback domain: /);
  });
});
