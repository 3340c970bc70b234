import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createLogger, type Logger, type LoggerOptions } from '../../src/telemetry/logger.ts';

interface Recorded {
  readonly logger: Logger;
  readonly lines: string[];
  /** The last line, parsed. */
  readonly last: () => Record<string, unknown>;
}

function record(options: Partial<LoggerOptions> = {}): Recorded {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    format: 'json',
    destination: { write: (line) => void lines.push(line) },
    ...options,
  });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

const SECRET = 'shh-5f0e2a77c1';

describe('a line of JSON', () => {
  test('has level and time as words, the fields and the message', () => {
    const { logger, lines, last } = record({ name: 'garudust-temporal' });
    logger.info({ run_id: 'run-1', seconds: 1.5 }, 'run started');
    const { time, ...rest } = last();
    assert.equal(new Date(String(time)).toISOString(), time);
    assert.deepEqual(rest, {
      level: 'info',
      name: 'garudust-temporal',
      run_id: 'run-1',
      seconds: 1.5,
      msg: 'run started',
    });
    assert.match(lines[0] ?? '', /\}\n$/);
  });

  test('is left out below the level, and all are when it is silent', () => {
    const { logger, lines } = record({ level: 'warn' });
    logger.info({}, 'no');
    logger.warn({}, 'yes');
    assert.equal(lines.length, 1);
    const silent = record({ level: 'silent' });
    silent.logger.error({}, 'no');
    assert.equal(silent.lines.length, 0);
  });
});

describe('a secret is blanked', () => {
  const fields: [string, object][] = [
    ['in a header', { headers: { Authorization: `Basic ${SECRET}`, 'x-hub-signature-256': SECRET, cookie: SECRET } }],
    ['in camel case', { webhookSecrets: [SECRET], apiKey: SECRET, taskToken: SECRET }],
    ['in snake case', { hmac_secret: SECRET, api_keys: [SECRET], callback_secret: SECRET }],
    ['far down', { a: { b: { c: { d: { password: SECRET } } } } }],
    ['in a list', { clients: [{ id: 'a', webhookSecrets: [SECRET], callbackHeaders: { 'X-Any': SECRET } }] }],
    ['of bound headers', { callbackHeaders: { hosts: ['a.example.com'], headers: { 'X-Any': SECRET } } }],
    ['below what is logged at all', { a: { b: { c: { d: { e: { f: { g: SECRET } } } } } } }],
    ['in bytes', { body: Buffer.from(SECRET), view: new TextEncoder().encode(SECRET) }],
    ['after Bearer', { note: `Authorization: Bearer ${SECRET}` }],
    ['of Standard Webhooks', { note: `the secret whsec_${Buffer.from(SECRET).toString('base64')} is old` }],
    ['in a URL', { url: `https://user:${SECRET}@example.com/a`, parsed: new URL(`http://${SECRET}@example.com`) }],
  ];
  for (const [name, value] of fields) {
    for (const format of ['json', 'pretty'] as const) {
      test(`${name}, ${format}`, () => {
        const { logger, lines } = record({ format });
        logger.info(value, 'look');
        logger.child(value).info({}, 'look');
        logger.child({}).child(value).info({}, 'look');
        assert.equal(lines.length, 3);
        for (const line of lines) {
          assert.ok(!line.includes(SECRET), line);
          assert.ok(!line.includes(Buffer.from(SECRET).toString('base64')), line);
        }
      });
    }
  }

  test('in the message', () => {
    const { logger, lines } = record();
    logger.info({}, `POST http://user:${SECRET}@a/b with Bearer ${SECRET}`);
    assert.ok(!lines[0]?.includes(SECRET), lines[0]);
  });

  test('whatever it is', () => {
    const { logger, lines } = record();
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9]{12,40}$/), (secret) => {
        logger.info(
          { client: { id: 'a', webhookSecrets: [secret, secret], apiKeys: [secret] }, headers: { cookie: secret } },
          'x',
        );
        assert.ok(!lines.at(-1)?.includes(secret));
      }),
    );
  });
});

test('what describeConfig says of a secret is shown, and what is no secret is left alone', () => {
  const { logger, last } = record();
  const fields = {
    hmac_secret: 'set (8 and 12 characters)',
    api_keys: 'not set',
    callback_headers: { 'X-A': 'set (3 characters)' },
    tokens: 5,
    signature_scheme: 'github',
    none: null,
  };
  logger.info(fields, 'configuration');
  const { level: _, time: __, msg: ___, ...rest } = last();
  assert.deepEqual(rest, fields);
});

describe('an error', () => {
  const inner = Object.assign(new Error(`answered ${SECRET}`), { code: 'ECONNRESET' });
  const outer = Object.assign(new TypeError('the agent could not be asked', { cause: inner }), {
    code: 'E_AGENT',
    request: { headers: { any: SECRET } },
    details: [SECRET],
  });

  test('is told by type, message, code and calls, without its further properties and without what its cause says', () => {
    const { logger, lines, last } = record();
    for (const log of [
      () => logger.error({ err: outer }, 'failed'),
      () => logger.error(outer),
      () => logger.error({ deep: { why: outer } }, 'x'),
    ]) {
      log();
      assert.ok(!lines.at(-1)?.includes(SECRET), lines.at(-1));
    }
    logger.error({ err: outer }, 'failed');
    const { stack, ...err } = last()['err'] as Record<string, unknown>;
    assert.deepEqual(err, {
      type: 'TypeError',
      message: 'the agent could not be asked',
      code: 'E_AGENT',
      cause: { type: 'Error', code: 'ECONNRESET' },
    });
    assert.ok(Array.isArray(stack) && stack.every((call) => String(call).startsWith('at ')));
  });

  test('gives its message to a line that has none', () => {
    const { logger, last } = record();
    logger.error(outer);
    assert.equal(last()['msg'], 'the agent could not be asked');
  });

  test('with a message of many lines or of great length stays one short line', () => {
    const { logger, lines } = record();
    logger.error({ err: new Error(`a\nb\n${'c'.repeat(100_000)}`) }, 'failed');
    assert.equal(lines[0]?.split('\n').length, 2);
    assert.ok((lines[0]?.length ?? 0) < 5_000);
  });
});

describe('a pretty line', () => {
  test('reads as time, level, message and fields', () => {
    const { logger, lines } = record({ format: 'pretty', name: 'garudust-temporal' });
    logger.warn({ run_id: 'run-1', status: 202, note: 'two words', list: [1, 'a'], none: null }, 'look here');
    assert.match(
      lines[0] ?? '',
      /^\d\d:\d\d:\d\d\.\d{3} {2}WARN {3}look here {2}run_id=run-1 {2}status=202 {2}note="two words" {2}list=\[1,"a"\] {2}none=null\n$/,
    );
  });

  test('aligns the messages of all levels', () => {
    const { logger, lines } = record({ format: 'pretty', level: 'trace' });
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) logger[level]({}, 'here');
    assert.deepEqual(new Set(lines.map((line) => line.indexOf('here'))).size, 1);
  });

  test('tells an error in one field, with its calls below it where it was not expected', () => {
    const { logger, lines } = record({ format: 'pretty' });
    logger.warn({ err: new Error('gone') }, 'trying again');
    logger.error({ err: new Error('gone') }, 'failed');
    assert.match(lines[0] ?? '', /trying again {2}err="Error: gone"\n$/);
    assert.match(lines[1] ?? '', /failed {2}err="Error: gone"\n {15}at /);
  });

  test('lets no text begin a line or move the cursor', () => {
    const { logger, lines } = record({ format: 'pretty' });
    logger.info({ who: 'a\n12:00:00.000  ERROR  forged', esc: '\u001b[2J', c1: '\u009b2J' }, 'x\r\ny\u001b[1m');
    assert.equal(lines[0]?.match(/\n/g)?.length, 1);
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    assert.doesNotMatch(lines[0] ?? '', /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test('is coloured on a terminal with colours alone', () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => lines.push(line), hasColors: () => true };
    createLogger({ level: 'info', format: 'pretty', destination }).warn({}, 'x');
    createLogger({ level: 'info', format: 'pretty', destination: { ...destination, hasColors: () => false } }).warn(
      {},
      'x',
    );
    assert.ok(lines[0]?.includes('\u001b[33mWARN \u001b[0m'));
    assert.ok(!lines[1]?.includes('\u001b'));
  });
});

test('a circular object ends', () => {
  const { logger, last } = record();
  const loop: Record<string, unknown> = { id: 1 };
  loop['self'] = loop;
  logger.info({ loop }, 'x');
  assert.equal((last()['loop'] as Record<string, unknown>)['id'], 1);
});
