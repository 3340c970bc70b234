import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCheckUrl } from '../../src/egress/check-url.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { ACCEPTED, REFUSED } from '../egress/corpus.ts';
import { ALPHA, startTestIngress } from '../support/test-ingress.ts';

/** Every name is public here, so that a URL is judged by its own. */
const checkUrl = createCheckUrl({ resolve: () => Promise.resolve(['93.184.216.34']) });

describe('a callback URL', () => {
  test('that policy forbids is a 422 that names the field, and starts no run', async (t) => {
    const ingress = await startTestIngress(t, { checkUrl });
    for (const url of Object.values(REFUSED).flatMap((rows) => rows.flatMap(([, urls]) => urls))) {
      const response = await ingress.post('/webhook', JSON.stringify({ text: 'Hi', callback_url: url }));
      const { code, errors = [] } = (await response.json()) as Problem;
      assert.equal(response.status, 422, url);
      assert.match(code, /^(callback_url_refused|invalid_task)$/, url);
      assert.deepEqual(
        errors.map(({ field }) => field),
        ['callback_url'],
        url,
      );
    }
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('that policy permits is taken', async (t) => {
    const ingress = await startTestIngress(t, { checkUrl });
    for (const url of ACCEPTED) {
      const response = await ingress.post('/webhook', JSON.stringify({ text: 'Hi', callback_url: url }));
      assert.equal(response.status, 202, url);
    }
  });

  test('of 10,000 characters, with a host of 300, or that looks like a permitted one, is told apart in few words', async (t) => {
    const ingress = await startTestIngress(t, {
      checkUrl,
      clients: [{ ...ALPHA, allowedCallbackDomains: ['example.com'] }],
    });
    const cases: readonly (readonly [string, RegExp])[] = [
      [`https://example.com/${'a'.repeat(10_000)}`, /longer than 8192 characters/],
      [`https://${'a.'.repeat(148)}com/`, /not a valid DNS name/],
      ['https://\u0435xample.com/', /xn--xample-2of\.com is not a permitted callback domain: /],
    ];
    for (const [url, words] of cases) {
      const response = await ingress.post('/webhook', JSON.stringify({ text: 'Hi', callback_url: url }));
      assert.equal(response.status, 422);
      const text = await response.text();
      assert.match(text, words);
      assert.ok(text.length < 1500, `${text.length} characters`);
    }
    assert.deepEqual(ingress.runs.calls, []);
  });
});
