import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deriveRunId } from '../../src/contract/run-id.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { runList, type RunList } from '../../src/protocol/run-list.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';

async function startRuns(ingress: TestIngress, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const response = await ingress.post('/webhook', JSON.stringify({ text: `task ${i}`, session_key: `s${i % 2}` }));
    ids.push(((await response.json()) as RunResource).id);
  }
  return ids;
}

async function list(ingress: TestIngress, query = '', headers: Record<string, string> = {}): Promise<RunList> {
  const response = await ingress.ask(`/v1/runs${query}`, { headers });
  assert.equal(response.status, 200, await response.clone().text());
  return runList.parse(await response.json());
}

describe('the list of runs', () => {
  test('shows the caller its own runs, page by page', async (t) => {
    const ingress = await startTestIngress(t);
    const ids = await startRuns(ingress, 5);
    const first = await list(ingress, '?limit=2');
    const second = await list(ingress, `?limit=2&cursor=${first.next_cursor}`);
    const third = await list(ingress, `?limit=2&cursor=${second.next_cursor}`);
    assert.deepEqual(
      [first, second, third].flatMap(({ runs }) => runs.map(({ id }) => id)),
      ids.toReversed(),
    );
    assert.equal(third.next_cursor, null);
    assert.deepEqual(await list(ingress, '', { Authorization: 'Bearer beta-key' }), { runs: [], next_cursor: null });
  });

  test('finds runs by what their callers said of them', async (t) => {
    const ingress = await startTestIngress(t, { limits: { listsBurst: 100, listsBurstPerClient: 100 } });
    const send = async (key: string, metadata: object): Promise<string> => {
      const response = await ingress.post('/webhook', JSON.stringify({ text: 'Hi', metadata }), {
        'Idempotency-Key': key,
      });
      return ((await response.json()) as RunResource).id;
    };
    const [one, two] = [await send('one', { env: 'prod', team: 'x' }), await send('two', { env: 'prod', team: 'y' })];
    ingress.runs.update(one, { created_at: '2026-01-31T12:00:00.000Z' });
    ingress.runs.update(two, { created_at: '2026-01-31T12:00:00.001Z' });
    for (const [query, expected] of [
      ['metadata=env=prod', [two, one]],
      ['metadata=env=prod&metadata=team=x', [one]],
      ['metadata=env=prod&metadata=team=z', []],
      ['metadata=env=pro', []],
      ['delivery_id=two', [two]],
      ['delivery_id=three', []],
      ['created_after=2026-01-31T12:00:00.001Z', [two]],
      ['created_before=2026-01-31T13:00:00.001%2B01:00', [one]],
      ['created_after=2026-01-31T12:00:00Z&created_before=2026-01-31T12:00:01Z', [two, one]],
    ] as const) {
      const { runs } = await list(ingress, `?${query}`);
      assert.deepEqual([query, runs.map(({ id }) => id)], [query, [...expected]]);
    }
    const first = await list(ingress, '?metadata=env=prod&limit=1');
    assert.ok(first.next_cursor !== null);
    for (const other of [
      'metadata=env=test',
      'delivery_id=one',
      'created_after=2026-01-31T12:00:00Z',
      'created_before=2027-01-31T12:00:00Z',
    ]) {
      assert.equal((await ingress.ask(`/v1/runs?limit=1&cursor=${first.next_cursor}&${other}`)).status, 422, other);
    }
  });

  test('asks Temporal for the ids that a delivery can have, and no other', async (t) => {
    const ingress = await startTestIngress(t, {
      sources: sourcesOf({
        name: 'ci',
        preset: 'generic',
        client: 'alpha',
        secret: ['s'.repeat(20)],
        signing: { header: 'X-Signature' },
        map: { text: 'Hi' },
      }),
    });
    const deliveryId = "d' OR '1'='1";
    const idsOf = (...sources: string[]): string[] =>
      sources.flatMap((source) =>
        [false, true].map((signedId) => deriveRunId({ client: 'alpha', source, deliveryId, signedId })),
      );
    const query = `?delivery_id=${encodeURIComponent(deliveryId)}`;
    await list(ingress, query);
    await list(ingress, `${query}&source=gone`);
    assert.deepEqual(
      ingress.runs.lists.map(({ runIds }) => runIds),
      [idsOf('webhook', 'code', 'ci'), idsOf('gone')],
    );
  });

  test('needs a key', async (t) => {
    const ingress = await startTestIngress(t);
    assert.equal((await ingress.ask('/v1/runs', { headers: { Authorization: '' } })).status, 401);
  });

  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=1.0', 'limit'],
    ['limit=', 'limit'],
    ['limit=5&limit=5', 'limit'],
    ['status=queued', 'status'],
    ['status=', 'status'],
    ['status=completed&status=failed', 'status'],
    ['callback=lost', 'callback'],
    ['user=', 'user'],
    ['user=%00', 'user'],
    [`session=${'x'.repeat(513)}`, 'session'],
    ['client=beta', 'client'],
    ['metadata=env', 'metadata'],
    ['metadata==prod', 'metadata'],
    [Array.from({ length: 17 }, (_, index) => `metadata=n=${index}`).join('&'), 'metadata'],
    ['delivery_id=', 'delivery_id'],
    ['delivery_id=a&delivery_id=b', 'delivery_id'],
    ['created_after=yesterday', 'created_after'],
    ['created_after=2026-01-01', 'created_after'],
    ['created_before=2026-01-01T00:00:00', 'created_before'],
    ['created_before=2026-13-01T00:00:00Z', 'created_before'],
    ['limit[]=5', 'limit[]'],
    ['__proto__=1', '__proto__'],
    ['cursor=', 'cursor'],
    ['cursor=%27', 'cursor'],
    ['cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'cursor'],
  ] as const) {
    test(`refuses ${query.slice(0, 40)} and names ${field}`, async (t) => {
      const ingress = await startTestIngress(t);
      const response = await ingress.ask(`/v1/runs?${query}`);
      const problem = (await response.json()) as Problem;
      assert.deepEqual([response.status, problem.code], [422, 'invalid_parameter']);
      assert.equal(problem.errors?.[0]?.field, field);
      assert.deepEqual(ingress.runs.calls, []);
    });
  }

  test('takes a cursor only with the filters and for the client that it was made for', async (t) => {
    const ingress = await startTestIngress(t);
    await startRuns(ingress, 4);
    const { next_cursor } = await list(ingress, '?limit=1&session=s0');
    assert.ok(next_cursor);
    await list(ingress, `?limit=3&session=s0&cursor=${next_cursor}`);
    const changed = `${next_cursor.slice(0, -1)}${next_cursor.endsWith('A') ? 'B' : 'A'}`;
    const refused: [string, Record<string, string>][] = [
      [`?cursor=${next_cursor}`, {}],
      [`?session=s1&cursor=${next_cursor}`, {}],
      [`?session=s0&cursor=${next_cursor}`, { Authorization: 'Bearer beta-key' }],
      [`?session=s0&cursor=${changed}`, {}],
      [`?session=s0&cursor=${next_cursor.slice(0, 22)}`, {}],
    ];
    for (const [query, headers] of refused) {
      const response = await ingress.ask(`/v1/runs${query}`, { headers });
      const problem = (await response.json()) as Problem;
      assert.deepEqual([response.status, problem.errors?.[0]?.field], [422, 'cursor'], query);
    }
  });

  test('asks Temporal once for the same question at the same time', async (t) => {
    const ingress = await startTestIngress(t, { limits: { listsReuse: 60_000 } });
    await startRuns(ingress, 1);
    const lists = await Promise.all(Array.from({ length: 8 }, () => list(ingress)));
    assert.equal(
      lists.every(({ runs }) => runs.length === 1),
      true,
    );
    await list(ingress, '', { Authorization: 'Bearer beta-key' });
    assert.deepEqual(
      ingress.runs.calls.filter((call) => call.startsWith('list')),
      ['list alpha', 'list beta'],
    );
  });

  test('a client that asks too often is told to wait, and does not slow another', async (t) => {
    const ingress = await startTestIngress(t, {
      limits: { listsPerSecondPerClient: 0.001, listsBurstPerClient: 2, listsPerSecond: 0.001, listsBurst: 3 },
    });
    const ask = async (limit: number, key = 'alpha-key'): Promise<[number, string | null]> => {
      const response = await ingress.ask(`/v1/runs?limit=${limit}`, { headers: { Authorization: `Bearer ${key}` } });
      const { code } = (await response.json()) as Partial<Problem>;
      return [response.status, code === undefined ? null : `${code} ${response.headers.get('retry-after')}`];
    };
    assert.deepEqual(await ask(1), [200, null]);
    assert.deepEqual(await ask(2), [200, null]);
    assert.deepEqual(await ask(3), [429, 'rate_limited 1']);
    assert.deepEqual(await ask(1, 'beta-key'), [200, null]);
    assert.deepEqual(await ask(2, 'beta-key'), [503, 'overloaded 2']);
  });
});
