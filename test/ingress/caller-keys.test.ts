import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SEARCH_ATTRIBUTE } from '../../src/contract/search-attributes.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { startOptions } from '../../src/runs/kinds/start-options.ts';
import { startTestIngress } from '../support/test-ingress.ts';

const CHANGED = ['ada ', ' ada', '\u00a0ada', 'ada\ufeff', 'ada\u2003', 'ad\u0000a', 'ada\n', 'ada\u007f'];
const TASKS: readonly (readonly [string, (key: string) => object])[] = [
  ['user_id', (user_id) => ({ text: 'Hi', user_id })],
  ['session_key', (session_key) => ({ text: 'Hi', session_key })],
  ['principal', (principal) => ({ directive: 'Hi', principal })],
  ['conversation_anchor', (conversation_anchor) => ({ directive: 'Hi', conversation_anchor })],
];

describe('a key of a caller', () => {
  for (const [field, task] of TASKS) {
    test(`as ${field} is refused where storing it would change it`, async (t) => {
      const ingress = await startTestIngress(t);
      for (const key of CHANGED) {
        const response = await ingress.post('/webhook', JSON.stringify(task(key)));
        const problem = (await response.json()) as Problem;
        assert.deepEqual([response.status, problem.code], [422, 'invalid_task'], JSON.stringify(key));
        assert.deepEqual([...new Set(problem.errors?.map((error) => error.field))], [field]);
        assert.match(
          problem.errors?.[0]?.message ?? '',
          /^(?:starts or ends with white space|contains a control character)/,
        );
      }
      assert.deepEqual(ingress.runs.calls, []);
    });

    test(`as ${field} is found under the text that was sent`, async (t) => {
      const ingress = await startTestIngress(t);
      for (const key of ['ada', 'Grace Hopper', 'x\u00a0y', 'Ünï🙂']) {
        assert.equal((await ingress.post('/webhook', JSON.stringify(task(key)))).status, 202);
        const started = ingress.runs.started.at(-1);
        assert.ok(started);
        const { typedSearchAttributes } = startOptions(started, { taskQueue: 'test', eager: false });
        const pairs = typedSearchAttributes as { key: { name: string }; value: unknown }[];
        const name = field === 'user_id' || field === 'principal' ? SEARCH_ATTRIBUTE.user : SEARCH_ATTRIBUTE.session;
        assert.equal(pairs.find((pair) => pair.key.name === name)?.value, key);
      }
    });
  }

  test('says once that a blank one is blank', async (t) => {
    const ingress = await startTestIngress(t);
    const problem = (await (await ingress.post('/webhook', '{"text":"Hi","user_id":"  "}')).json()) as Problem;
    assert.deepEqual(problem.errors, [{ field: 'user_id', message: 'is blank: omit it instead' }]);
  });

  test('leaves a name that is only read as it is', async (t) => {
    const ingress = await startTestIngress(t);
    assert.equal((await ingress.post('/webhook', '{"text":"Hi","user_name":"Ada "}')).status, 202);
  });
});
