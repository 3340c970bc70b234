import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { MAX_RUN_INPUT_BYTES } from '../../src/contract/run.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { startOptions } from '../../src/runs/kinds/start-options.ts';
import { toInput } from '../replay/scenarios.ts';
import { acceptedTask } from '../support/run-scenario.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { API_KEY, startTestStack, type TestStack } from '../support/start-test-stack.ts';

const MAX_BODY = 1536 * 1024;
const SECRET = 'the-secret-of-a-source';
/** One, two, three and four bytes; two and six in JSON; escaped in Markdown, too. */
const UNITS = ['x', 'é', '漢', '🙂', '"', '\\', '\n', '\u0001', '*'];
const unit = fc.constantFrom(...UNITS);
/** Sizes that are mostly at a limit or next to it. */
const sizeTo = (limit: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(limit, limit - 1, limit + 1, Math.floor(limit / 2)), fc.integer({ min: 1, max: limit }));
const textOf = (limit: number, units = unit): fc.Arbitrary<string> =>
  fc.tuple(units, sizeTo(limit)).map(([one, size]) => one.repeat(Math.ceil(size / one.length)));
const keys = fc.constantFrom('x', 'é', '漢', '🙂', '"', '\\', '*');

function toMetadata({ unit: one, size, count }: { unit: string; size: number; count: number }): Record<string, string> {
  const value = one.repeat(Math.ceil(size / one.length));
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${'n'.repeat(38)}${index + 10}`, value]));
}

const ALL_AT_THE_LIMIT = { session_key: '漢'.repeat(512), user_id: '漢'.repeat(512), user_name: '漢'.repeat(512) };

/** Fills up a task with text until its JSON has so many bytes. */
function fillUp(names: object, one: string, bytes: number): { readonly text: string } {
  const left = bytes - Buffer.byteLength(JSON.stringify({ ...names, text: '' }));
  const size = Buffer.byteLength(JSON.stringify(one)) - 2;
  return { ...names, text: 'x'.repeat(left % size) + one.repeat(Math.floor(left / size)) };
}

/** What was accepted ends; what was not is refused for a reason that names a limit. */
async function check(stack: TestStack, response: Response): Promise<string> {
  if (response.status !== 202) {
    const problem = (await response.json()) as Problem;
    assert.ok(response.status === 413 || response.status === 422, `${response.status} ${problem.detail}`);
    assert.match(JSON.stringify(problem), /\d{3}|longer|larger|too|more than 16/);
    return String(response.status);
  }
  // A sender of events is told the id, and little more.
  const { id } = (await response.json()) as { id: string };
  const run = await stack.get(id, 50);
  assert.deepEqual([run.status, run.error], ['completed', undefined]);
  const listed = await fetch(`${stack.url}/v1/runs/${id}`, { headers: { Authorization: `Bearer ${API_KEY}` } });
  assert.equal(listed.status, 200);
  return 'completed';
}

describe('a task whose parts are at their limits together', () => {
  test('is started and ends, or is refused by the name of a limit', { timeout: 240_000 }, async (t) => {
    const stack = await startTestStack(t, {
      change: (config) => ({ ...config, limits: { ...config.limits, body: MAX_BODY } }),
    });
    const seen = new Map<string, number>();
    const task = fc
      .record({
        unit,
        // Most bodies fit exactly.
        bytes: fc.constantFrom(MAX_BODY, MAX_BODY, MAX_BODY, MAX_BODY - 1, MAX_BODY + 1, MAX_BODY / 2),
        names: fc.record({
          session_key: textOf(512, keys),
          user_id: textOf(512, keys),
          user_name: textOf(512, keys),
          metadata: fc
            // Mostly as large as it may be: what is refused tries no limit of Temporal.
            .record({
              unit: keys,
              size: fc.constantFrom(200, 200, 200, 100, 201),
              count: fc.constantFrom(16, 16, 16, 1, 17),
            })
            .map(toMetadata),
          callback_url: sizeTo(8192).map((size) => `${stack.callbackUrl}?${'é'.repeat(size)}`.slice(0, size)),
        }),
      })
      .map(({ unit: one, bytes, names }) => fillUp(names, one, bytes));
    await fc.assert(
      fc.asyncProperty(task, async (one) => {
        const result = await check(stack, await stack.post(one));
        seen.set(result, (seen.get(result) ?? 0) + 1);
      }),
      {
        numRuns: 20,
        endOnFailure: true,
        seed: 1,
        examples: ['漢', '🙂', '"', 'x'].map((one): [{ text: string }] => [
          fillUp({ ...ALL_AT_THE_LIMIT, metadata: toMetadata({ unit: one, size: 200, count: 16 }) }, one, MAX_BODY / 2),
        ]),
      },
    );
    t.diagnostic(JSON.stringify([...seen]));
    assert.ok((seen.get('completed') ?? 0) > 4);
  });

  test('and comes of an event with much metadata', { timeout: 240_000 }, async (t) => {
    const names = Array.from({ length: 400 }, (_, index) => `name-${index}`);
    const sources = sourcesOf(
      ...[12, 400].map((count) => ({
        name: `with-${count}`,
        preset: 'generic' as const,
        client: 'default',
        secret: [SECRET],
        signing: { header: 'X-Hub-Signature-256', prefix: 'sha256=' },
        map: {
          text: '{{ event.text }}',
          session_key: '{{ event.key }}',
          metadata: Object.fromEntries(names.slice(0, count).map((name) => [name, '{{ event.value }}'])),
        },
      })),
    );
    const stack = await startTestStack(t, {
      change: (config) => ({ ...config, sources, limits: { ...config.limits, body: MAX_BODY } }),
    });
    const seen = new Map<string, number>();
    const event = fc.record({ text: textOf(250_000), key: textOf(512, keys), value: textOf(512) });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(12, 400), event, async (count, one) => {
        const body = JSON.stringify({ ...one, id: randomUUID() });
        const response = await fetch(`${stack.url}/hooks/with-${count}`, {
          method: 'POST',
          body,
          headers: { 'Content-Type': 'application/json', ...hubHeaders(SECRET, body) },
        });
        const result = await check(stack, response);
        seen.set(result, (seen.get(result) ?? 0) + 1);
      }),
      {
        numRuns: 16,
        endOnFailure: true,
        seed: 1,
        examples: [
          [400, { text: '\u0001'.repeat(250_000), key: 'k', value: '\u0001'.repeat(512) }],
          [12, { text: '漢'.repeat(250_000), key: '漢'.repeat(512), value: '漢'.repeat(512) }],
        ],
      },
    );
    t.diagnostic(`${MAX_RUN_INPUT_BYTES} bytes at most: ${JSON.stringify([...seen])}`);
    assert.ok((seen.get('413') ?? 0) > 0);
  });
});

test('the details of a task stay within the limit of Temporal, whatever its metadata', () => {
  fc.assert(
    fc.property(textOf(512), textOf(4000), fc.integer({ min: 0, max: 60 }), (value, text, count) => {
      const metadata = Object.fromEntries(Array.from({ length: count }, (_, index) => [`name-${index}`, value]));
      const input = {
        ...toInput({ closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } }),
        task: { text: `-${text}`, metadata },
      };
      const { staticDetails = '' } = startOptions(acceptedTask(input), { taskQueue: 'test', eager: false });
      assert.ok(Buffer.byteLength(JSON.stringify(staticDetails)) <= 20_000);
    }),
  );
});
