import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { describe, test } from 'node:test';
import { hubHeaders, standardHeaders } from '../support/signed-headers.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';

const BODY = '{"text":"Hi"}';
const HEX = createHmac('sha256', 'alpha-secret').update(BODY).digest('hex');
const FIVE_MINUTES_S = 300;

/** Posts with header pairs as they stand, so that one can be there twice; resolves to status and code. */
function postRaw(ingress: TestIngress, headers: string[]): Promise<[number | undefined, string]> {
  return new Promise((resolve, reject) => {
    const all = ['Host', 'test', 'Content-Type', 'application/json', 'Content-Length', String(BODY.length), ...headers];
    const sent = request(
      { port: ingress.port, host: '127.0.0.1', method: 'POST', path: '/webhook', headers: all },
      (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        res.on('end', () => resolve([res.statusCode, (JSON.parse(text) as { code: string }).code]));
      },
    );
    sent.on('error', reject).end(BODY);
  });
}

describe('a task is refused with 401, and starts nothing, when', () => {
  const now = (): number => Math.floor(Date.now() / 1000);
  const standard = standardHeaders('alpha-secret', BODY);
  const cases: [string, Record<string, string> | (() => Record<string, string>), string][] = [
    ['it is not signed', {}, 'signature_missing'],
    ['the secret is another', hubHeaders('wrong', BODY), 'signature_invalid'],
    ['the body was changed', hubHeaders('alpha-secret', `${BODY} `), 'signature_invalid'],
    ['the prefix is another', { 'X-Hub-Signature-256': `sha1=${HEX}` }, 'signature_invalid'],
    ['the prefix is missing', { 'X-Hub-Signature-256': HEX }, 'signature_invalid'],
    ['the signature is not hex', { 'X-Hub-Signature-256': `sha256=${'z'.repeat(64)}` }, 'signature_invalid'],
    ['the signature is truncated', { 'X-Hub-Signature-256': `sha256=${HEX.slice(0, 62)}` }, 'signature_invalid'],
    ['the signature is too long', { 'X-Hub-Signature-256': `sha256=${HEX}00` }, 'signature_invalid'],
    ['the signature is empty', { 'X-Hub-Signature-256': 'sha256=' }, 'signature_invalid'],
    ['only the other kind holds', { ...standard, ...hubHeaders('wrong', BODY) }, 'signature_invalid'],
    [
      'only the GitHub kind holds',
      { ...standard, 'webhook-signature': 'v1,AAAA', ...hubHeaders('alpha-secret', BODY) },
      'signature_invalid',
    ],
    [
      'one of the trio is missing',
      { 'webhook-id': 'msg_1', 'webhook-signature': standard['webhook-signature'] ?? '' },
      'signature_invalid',
    ],
    ['another id was signed', { ...standard, 'webhook-id': 'msg_2' }, 'signature_invalid'],
    [
      'it is too old',
      () => standardHeaders('alpha-secret', BODY, { timestampS: now() - FIVE_MINUTES_S - 5 }),
      'timestamp_out_of_window',
    ],
    [
      'it is from the future',
      () => standardHeaders('alpha-secret', BODY, { timestampS: now() + FIVE_MINUTES_S + 5 }),
      'timestamp_out_of_window',
    ],
  ];
  for (const [when, headers, code] of cases) {
    test(when, async (t) => {
      const ingress = await startTestIngress(t);
      assert.deepEqual(
        await postRaw(ingress, Object.entries(typeof headers === 'function' ? headers() : headers).flat()),
        [401, code],
      );
      assert.deepEqual(ingress.runs.calls, []);
    });
  }

  const trio = Object.entries(standard).flat();
  const twice: [string, string[]][] = [
    ['X-Hub-Signature-256', ['X-Hub-Signature-256', `sha256=${HEX}`]],
    ['webhook-id', trio],
    ['webhook-timestamp', trio],
    ['webhook-signature', trio],
  ];
  for (const [name, headers] of twice) {
    test(`${name} is there twice, even with the same good value`, async (t) => {
      const ingress = await startTestIngress(t);
      const value = headers[headers.indexOf(name) + 1] ?? '';
      assert.deepEqual(await postRaw(ingress, [...headers, name, value]), [401, 'signature_invalid']);
      assert.deepEqual(ingress.runs.calls, []);
    });
  }
});

test('the control of the above: once and well signed it is accepted', async (t) => {
  const ingress = await startTestIngress(t);
  const [status] = await postRaw(ingress, Object.entries(standardHeaders('alpha-secret', BODY)).flat());
  assert.equal(status, 202);
});

test('a 401 names the scheme and neither secret nor expected signature', async (t) => {
  const ingress = await startTestIngress(t);
  const response = await ingress.post('/webhook', BODY, { 'X-Hub-Signature-256': `sha256=${'0'.repeat(64)}` });
  const text = await response.text();
  assert.equal(response.headers.get('www-authenticate'), 'Signature');
  assert.doesNotMatch(text + JSON.stringify(ingress.logs), new RegExp(`alpha-secret|${HEX}`));
});

test('the signature is judged before the content type and the body', async (t) => {
  const ingress = await startTestIngress(t);
  const response = await ingress.post('/webhook', 'not json', {
    'Content-Type': 'text/plain',
    'X-Hub-Signature-256': 'x',
  });
  assert.equal(response.status, 401);
});

test('a delivery id twice is refused', async (t) => {
  const ingress = await startTestIngress(t);
  const headers = ['X-Hub-Signature-256', `sha256=${HEX}`, 'Idempotency-Key', 'a', 'Idempotency-Key', 'a'];
  assert.deepEqual(await postRaw(ingress, headers), [422, 'invalid_idempotency_key']);
});
