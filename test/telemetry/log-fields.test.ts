import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ActivityLogger } from '../../src/activities/activity.ts';
import type { IngressLogger } from '../../src/ingress/middleware/access-log.ts';

const SOURCE = new URL('../../src/', import.meta.url);
/** A log call up to the first text, which is its message. */
const LOG_CALL = /[lL]ogger\??\.(?:trace|debug|info|warn|error|fatal)\(([^'"`;]*)/g;
/** A property that is written in camelCase, with or without a value. */
const CAMEL_CASE_FIELD = /[{,]\s*([a-z0-9]+[A-Z]\w*)\s*(?=[,:}])/g;

/** Fields of log calls below a folder that are not in snake_case. */
function findWrongFields(text: string): string[] {
  return [...text.matchAll(LOG_CALL)].flatMap(([, fields = '']) =>
    [...fields.matchAll(CAMEL_CASE_FIELD)].map(([, name = '']) => name),
  );
}

test('every log call of the source writes its fields in snake_case', () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const calls = files.map((name) => ({ name, text: readFileSync(new URL(name, SOURCE), 'utf8') }));
  assert.ok(calls.flatMap(({ text }) => [...text.matchAll(LOG_CALL)]).length > 40);
  assert.deepEqual(
    calls.flatMap(({ name, text }) => findWrongFields(text).map((field) => `${name}: ${field}`)),
    [],
  );
});

test('another spelling is found', () => {
  assert.deepEqual(findWrongFields("logger.warn({ runId }, 'x'); this.#deps.logger.info({ a, durationMs: 3 }, 'y')"), [
    'runId',
    'durationMs',
  ]);
});

test('another spelling does not compile, also where the fields are in a variable', () => {
  const logger: ActivityLogger & IngressLogger = {
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const fields = { durationMs: 3 };
  logger.info({ run_id: 'run-1', duration_ms: 3 }, 'right');
  // @ts-expect-error -- camelCase
  logger.warn(fields, 'wrong');
  // @ts-expect-error -- camelCase
  logger.error({ runId: 'run-1' }, 'wrong');
});
