import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SOURCE_SAMPLES } from '../support/source-samples.ts';
import { startSource } from '../support/source-under-test.ts';

const DEEP = 100_000;

/** Bodies that break readers, and what every source says to them: nothing is ever our fault. */
const HOSTILE: readonly (readonly [string, string | Uint8Array])[] = [
  ['lists 100,000 deep', '['.repeat(DEEP) + ']'.repeat(DEEP)],
  ['blocks 100,000 deep', `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`],
  ['lists that are never closed', '['.repeat(DEEP)],
  ['a text full of brackets', JSON.stringify({ event: '['.repeat(1000), type: '{'.repeat(1000) })],
  ['one key twice', '{"event":{"type":"a"},"event":{"type":"b"},"id":"1","id":"2","action":"x","action":"y"}'],
  [
    'keys of the prototype',
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,"hasOwnProperty":1}',
  ],
  ['a prototype below', '{"event":{"__proto__":{"polluted":1},"constructor":null},"alerts":[{"__proto__":[]}]}'],
  ['half a character', '{"action":"\\ud800","event":{"text":"\\udc00\\ud800"},"status":"\\ud800"}'],
  ['NUL', '{"action":"\\u0000","event":{"text":"a\\u0000b","user":"\\u0000"},"object_kind":"\\u0000"}'],
  ['NUL as a byte', '{"action":"\u0000"}'],
  ['1e400', '{"action":1e400,"number":-1e400,"id":1e400}'],
  ['a long number', `{"id":${'9'.repeat(10_000)},"event_id":-${'9'.repeat(400)},"number":0.${'1'.repeat(400)}}`],
  ['a long number as a key', '{12345678901234567890:1}'],
  ['a byte order mark', Buffer.from('\uFEFF{"action":"opened"}')],
  ['UTF-16', Buffer.from('{"action":"opened"}', 'utf16le')],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['overlong UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0x80]), Buffer.from('"}')])],
  ['plain values', 'null'],
  ['a number', '5'],
  ['a text', '"event"'],
  ['an empty list', '[]'],
  ['an empty block', '{}'],
  ['a million of nothing', `[${'{},'.repeat(20_000)}{}]`],
  [
    'nulls all over',
    '{"event":null,"action":null,"repository":null,"alerts":null,"data":null,"object_attributes":null}',
  ],
  [
    'lists all over',
    '{"event":[[]],"action":[],"repository":[],"alerts":[[],{}],"data":[],"id":[],"type":{},"status":[]}',
  ],
  ['an empty form', 'payload='],
  ['a form that is not well encoded', 'payload=%zz&command=%ff%fe&text=%ed%a0%80&__proto__=1&__proto__=2'],
  ['a form with a form in it', 'payload=payload%3D%7B%7D'],
  ['nothing but ampersands', '&'.repeat(1000)],
];

for (const [name, sample] of Object.entries(SOURCE_SAMPLES)) {
  describe(`${name}, well signed, with`, () => {
    for (const [what, body] of HOSTILE) {
      test(what, async (t) => {
        const before = Object.getOwnPropertyNames(Object.prototype).join();
        const source = await startSource(t, sample, { body_limit: 2_000_000 });
        const response = await source.send({ body, headers: { 'webhook-id': 'msg_7' } });
        const text = await response.text();
        assert.ok([200, 202, 400, 415, 422].includes(response.status), `${response.status} ${text}`);
        const { started } = source.ingress.runs;
        assert.equal(started.length, response.headers.get('location') === null ? 0 : 1);
        for (const { input } of started) {
          assert.ok(input.task.text.trim() !== '' && input.task.text.isWellFormed());
          for (const key of [input.task.sessionKey, input.task.userId, input.task.userName]) {
            // oxlint-disable-next-line no-control-regex -- control characters are what may not be there
            if (key !== undefined) assert.match(key, /^[^\u0000-\u001f]*[^\u0000-\u001f\s][^\u0000-\u001f]*$/);
          }
        }
        assert.deepEqual(
          source.ingress.logs.filter(({ level }) => level === 'error'),
          [],
        );
        assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), before);
        assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
      });
    }
  });
}
