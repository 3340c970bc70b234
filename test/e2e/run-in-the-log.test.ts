import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { isRecord } from '../../src/values/is-record.ts';
import { startTestStack, type TestStackOptions } from '../support/start-test-stack.ts';
import { waitFor } from '../support/wait-for.ts';

type Line = Readonly<Record<string, unknown>>;

async function setUp(t: TestContext, options: TestStackOptions) {
  const lines: Line[] = [];
  const logTo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const text of chunk.toString().split('\n').filter(Boolean)) lines.push(JSON.parse(text) as Line);
      done();
    },
  });
  const stack = await startTestStack(t, { ...options, logTo, env: { ...options.env, LOG_FORMAT: 'json' } });
  /** The run's lines at `info` and above. */
  const storyOf = (id: string): Line[] =>
    lines.filter((line) => line['run_id'] === id && !['trace', 'debug'].includes(String(line['level'])));
  const tells = (id: string, last: string): Promise<void> =>
    waitFor(last, () => storyOf(id).some(({ msg }) => msg === last), 20_000);
  return { ...stack, lines, storyOf, tells };
}

function findWrongNames(fields: unknown): string[] {
  if (!isRecord(fields)) return [];
  return Object.entries(fields).flatMap(([name, value]) => [
    ...(/^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(name) ? [] : [name]),
    ...findWrongNames(value),
  ]);
}

test('the log tells what becomes of a run, by one spelling', async (t) => {
  const { start, post, lines, storyOf, tells, callbackUrl } = await setUp(t, { receiver: { failFirst: 1 } });
  const once = { 'Idempotency-Key': randomUUID(), 'X-Request-Id': 'request-1' };
  const task = { text: 'Say hello', callback_url: callbackUrl };
  const { id } = await start(task, once);
  await tells(id, 'callback delivered');
  const story = storyOf(id);
  // The answer of the ingress and the eager start happen at once.
  assert.deepEqual(
    story.map(({ msg }) => String(msg)).toSorted((a, b) => a.localeCompare(b)),
    [
      'agent answered',
      'agent asked',
      'callback delivered',
      'callback not delivered, retry scheduled',
      'run accepted',
      'run finished',
    ],
  );
  const line = (msg: string): Line => story.find((each) => each['msg'] === msg) ?? {};
  assert.deepEqual([line('run accepted')['request_id'], line('run accepted')['client']], ['request-1', 'default']);
  assert.equal(line('agent asked')['call'], 1);
  const { duration_ms: took, input_tokens: read, output_tokens: written } = line('agent answered');
  assert.deepEqual([typeof took, typeof read, typeof written], ['number', 'number', 'number']);
  assert.deepEqual([line('run finished')['status'], line('callback delivered')['attempt']], ['completed', 2]);

  assert.equal((await post(task, { ...once, 'X-Request-Id': 'request-2' })).status, 202);
  await waitFor('the repeat', () => storyOf(id).some((each) => each['request_id'] === 'request-2'));
  assert.equal(storyOf(id).find((each) => each['request_id'] === 'request-2')?.['msg'], 'request');

  const failed = await start({ text: 'demo: size 3MB' });
  await tells(failed.id, 'run finished');
  assert.equal(storyOf(failed.id).find(({ msg }) => msg === 'agent attempt failed')?.['type'], 'AnswerTooLarge');

  const wrong = lines.flatMap((fields) => findWrongNames({ ...fields, err: undefined }));
  assert.deepEqual([...new Set(wrong)], []);
});
