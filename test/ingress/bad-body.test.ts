import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { startTestIngress } from '../support/test-ingress.ts';

const DEEP = 100_000;

describe('a signed body is refused, and starts nothing, when it', () => {
  const cases: [string, string | Uint8Array, number, string, RegExp][] = [
    ['is empty', '', 400, 'malformed_json', /empty/],
    ['is not JSON', '{text: 1}', 400, 'malformed_json', /not valid JSON/],
    ['is cut off', '{"text":"Hi"', 400, 'malformed_json', /not valid JSON/],
    ['starts with a byte order mark', '\uFEFF{"text":"Hi"}', 400, 'malformed_json', /byte order mark/],
    ['is not UTF-8', Buffer.from('{"text":"\u00e9"}', 'latin1'), 400, 'malformed_json', /UTF-8/],
    ['is UTF-16', Buffer.from('{"text":"Hi"}', 'utf16le'), 400, 'malformed_json', /JSON/],
    ['is an array', '[]', 422, 'invalid_task', /not a JSON object/],
    ['is null', 'null', 422, 'invalid_task', /not a JSON object/],
    ['is a text', '"text"', 422, 'invalid_task', /not a JSON object/],
    ['has no text', '{}', 422, 'invalid_task', /^text: is missing/],
    ['has an empty text', '{"text":""}', 422, 'invalid_task', /^text: is empty: say/],
    ['has a blank text', '{"text":" \\n\\t"}', 422, 'invalid_task', /^text: is empty/],
    ['has an empty directive', '{"directive":""}', 422, 'invalid_task', /^directive: is empty/],
    ['has a text that is a number', '{"text":5}', 422, 'invalid_task', /^text: must be a string/],
    ['has a text that is null', '{"text":null}', 422, 'invalid_task', /^text: must be a string/],
    ['has a text with half a character', '{"text":"\\ud800"}', 422, 'invalid_task', /^text: contains half/],
    ['has an empty session key', '{"text":"Hi","session_key":""}', 422, 'invalid_task', /^session_key: is empty/],
    ['has a blank session key', '{"text":"Hi","session_key":" "}', 422, 'invalid_task', /^session_key: is blank/],
    ['has a NUL in a key', '{"text":"Hi","user_id":"a\\u0000b"}', 422, 'invalid_task', /^user_id: contains a control/],
    [
      'has a long key',
      JSON.stringify({ text: 'Hi', user_id: 'u'.repeat(513) }),
      422,
      'invalid_task',
      /longer than 512/,
    ],
    ['has an unknown field', '{"text":"Hi","txet":1}', 422, 'invalid_task', /^txet: is not a known field/],
    ['has a field named __proto__', '{"text":"Hi","__proto__":{"a":1}}', 422, 'invalid_task', /^__proto__: is not/],
    [
      'mixes the vocabularies',
      '{"text":"Hi","principal":"u"}',
      422,
      'invalid_task',
      /^principal: cannot be combined with text/,
    ],
    ['is 100,000 lists deep', `{"text":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`, 400, 'malformed_json', /100 levels/],
    ['is 100,000 objects deep', `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`, 400, 'malformed_json', /100 levels/],
    ['opens and never closes', '['.repeat(DEEP), 400, 'malformed_json', /100 levels/],
    [
      'has one name twice',
      '{"text":"a","text":"b"}',
      400,
      'malformed_json',
      /repeats the name "text" within one object: send/,
    ],
    ['has it twice in disguise', '{"text":"a","te\\u0078t" : "b"}', 400, 'malformed_json', /repeats the name "text"/],
    [
      'has it twice with one value',
      '{"text":"a","user_id":"u","user_id":"u"}',
      400,
      'malformed_json',
      /repeats the name "user_id"/,
    ],
    ['has a number beyond all', '{"text":1e400}', 422, 'invalid_task', /^text: must be a string/],
    ['has NUL as a byte', '{"text":"a\u0000"}', 400, 'malformed_json', /not valid JSON/],
    ['has NUL behind it', '{"text":"a"}\u0000', 400, 'malformed_json', /not valid JSON/],
    ['is two documents', '{"text":"a"}{"text":"b"}', 400, 'malformed_json', /not valid JSON/],
    [
      'names a forbidden callback',
      '{"text":"Hi","callback_url":"http://10.0.0.1/"}',
      422,
      'callback_url_refused',
      /^callback_url: /,
    ],
    [
      'names one in article words',
      '{"directive":"Hi","response_uri":"http://[::1]/"}',
      422,
      'callback_url_refused',
      /^response_uri: /,
    ],
  ];
  for (const [when, body, status, code, detail] of cases) {
    test(when, async (t) => {
      const limits = { body: 1_000_000, bodyTimeout: 5000, linger: 200 };
      const ingress = await startTestIngress(t, { limits });
      const response = await ingress.post('/webhook', body);
      const problem = (await response.json()) as Problem;
      assert.equal(response.status, status);
      assert.equal(problem.status, status);
      assert.equal(problem.code, code);
      assert.match(problem.detail, detail);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.deepEqual(ingress.runs.calls, []);
      if (status === 422) assert.ok((problem.errors ?? []).length > 0, 'the fields are listed');
    });
  }
});

test('every wrong field is named at once', async (t) => {
  const ingress = await startTestIngress(t);
  const response = await ingress.post('/webhook', '{"text":1,"user_id":"","more":2}');
  const problem = (await response.json()) as Problem;
  assert.deepEqual(problem.errors?.map(({ field }) => field).toSorted(), ['more', 'text', 'user_id']);
});

test('a body of nothing but unknown fields is answered briefly', async (t) => {
  const ingress = await startTestIngress(t);
  const body: Record<string, number> = { ['n'.repeat(10_000)]: 1 };
  for (let i = 0; i < 5000; i++) body[`k${i}`] = i;
  const text = await (await ingress.post('/webhook', JSON.stringify(body))).text();
  assert.ok(text.length < 10_000, `${text.length} characters`);
});

describe('a content type is refused with 415 and the fix:', () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/json; charset=latin1',
    '',
  ]) {
    test(type || 'none', async (t) => {
      const ingress = await startTestIngress(t);
      const response = await ingress.post('/webhook', Buffer.from('{"text":"Hi"}'), { 'Content-Type': type });
      const problem = (await response.json()) as Problem;
      assert.equal(response.status, 415);
      assert.match(problem.detail, /send application\/json/);
      assert.deepEqual(ingress.runs.calls, []);
    });
  }
});

test('a compressed body is refused with 415', async (t) => {
  const ingress = await startTestIngress(t);
  const response = await ingress.post('/webhook', '{"text":"Hi"}', { 'Content-Encoding': 'gzip' });
  assert.equal(response.status, 415);
  assert.equal((await ingress.post('/webhook', '{"text":"Hi"}', { 'Content-Encoding': 'identity' })).status, 202);
});

test('no body reaches Object.prototype', async (t) => {
  const ingress = await startTestIngress(t);
  const before = Object.getOwnPropertyNames(Object.prototype).toSorted();
  for (const body of [
    '{"__proto__":{"polluted":true},"text":"Hi"}',
    '{"constructor":{"prototype":{"polluted":true}},"text":"Hi"}',
    '{"text":{"__proto__":{"polluted":true}}}',
  ]) {
    assert.equal((await ingress.post('/webhook', body)).status, 422);
  }
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).toSorted(), before);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});
