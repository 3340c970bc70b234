import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { ALPHA, BETA, startTestIngress } from '../support/test-ingress.ts';

const SIXTEEN = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`n${index}`, '漢'.repeat(200)]));

describe('the metadata of a task', () => {
  for (const task of [{ text: 'Deploy\nnow' }, { directive: 'Deploy\nnow' }]) {
    test(`is kept in both vocabularies: ${Object.keys(task)[0]}`, async (t) => {
      const ingress = await startTestIngress(t);
      const metadata = { env: 'prod', 'ci.job-id_7': "O'Brien & Söhne" };
      const body = JSON.stringify({ ...task, metadata });
      const response = await ingress.post('/webhook', body, { 'Idempotency-Key': 'deploy-7' });
      assert.equal(response.status, 202);
      const [started] = ingress.runs.started;
      assert.deepEqual(started?.input.task.metadata, metadata);
      const { metadata: kept, summary, deliveryId } = started?.memo ?? {};
      assert.deepEqual({ kept, summary, deliveryId }, { kept: metadata, summary: 'Deploy', deliveryId: 'deploy-7' });
    });
  }

  test('may have sixteen entries at their limits', async (t) => {
    const ingress = await startTestIngress(t);
    const response = await ingress.post('/webhook', JSON.stringify({ text: 'Hi', metadata: SIXTEEN }));
    assert.equal(response.status, 202);
    assert.deepEqual(ingress.runs.started[0]?.memo.metadata, SIXTEEN);
  });

  const refused: [string, unknown, string, string][] = [
    ['seventeen entries', { ...SIXTEEN, one: 'more' }, 'metadata', 'has more than 16 entries'],
    ['a long value', { env: 'x'.repeat(201) }, 'metadata.env', 'is longer than 200 characters'],
    ['an empty value', { env: '' }, 'metadata.env', 'is empty: omit it instead'],
    ['a number', { count: 3 }, 'metadata.count', 'must be a string'],
    ['an object', { a: {} }, 'metadata.a', 'must be a string'],
    ['a list', ['a'], 'metadata', 'must be a record'],
    ['a text', 'env=prod', 'metadata', 'must be a record'],
    ['null', null, 'metadata', 'must be a record'],
    ['a line break', { env: 'a\nb' }, 'metadata.env', 'contains a control character: send plain text'],
    [
      'a name that could be syntax',
      { "x' OR '1": 'y' },
      "metadata.x' OR '1",
      'must be 1 to 40 of A to Z, a to z, 0 to 9, ".", "_" and "-"',
    ],
  ];
  for (const [what, metadata, field, message] of refused) {
    test(`is refused with ${what}`, async (t) => {
      const ingress = await startTestIngress(t);
      const response = await ingress.post('/webhook', JSON.stringify({ text: 'Hi', metadata }));
      const problem = (await response.json()) as Problem;
      assert.deepEqual([response.status, problem.code], [422, 'invalid_task']);
      assert.deepEqual(problem.errors, [{ field, message: message.replace('a record', 'an object') }]);
      assert.deepEqual(ingress.runs.calls, []);
    });
  }
});

describe('the agent of a task', () => {
  const both = { ...ALPHA, agents: ['demo', 'reviewer'] };
  for (const [what, client] of [
    ['two agents', both],
    ['every agent', ALPHA],
  ] as const) {
    test(`is the one that it names, where the client may use ${what}`, async (t) => {
      const ingress = await startTestIngress(t, { clients: [client, BETA] });
      for (const task of [{ text: 'Hi', agent: 'reviewer' }, { directive: 'Hi', agent: 'demo' }, { text: 'Hi' }]) {
        assert.equal((await ingress.post('/webhook', JSON.stringify(task))).status, 202);
      }
      const started = ingress.runs.started.map(({ input }) => [input.agent, input.agentPolicy?.maxAttempts]);
      assert.deepEqual(started, [
        ['reviewer', 1],
        ['demo', 3],
        ['demo', 3],
      ]);
    });
  }

  const refused: [string, readonly string[] | undefined, string, string][] = [
    ['unknown', undefined, 'nope', '"nope" is not an agent of the client "alpha": name one of demo, reviewer'],
    ['not permitted', ['demo'], 'reviewer', '"reviewer" is not an agent of the client "alpha": name one of demo'],
    ['not configured', ['gone'], 'gone', '"gone" is not an agent of the client "alpha": ask the operator'],
  ];
  for (const [what, agents, agent, message] of refused) {
    test(`is refused where it is ${what}, and the answer names those that are permitted`, async (t) => {
      const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, ...(agents && { agents }) }, BETA] });
      const response = await ingress.post('/webhook', JSON.stringify({ text: 'Hi', agent }));
      const problem = (await response.json()) as Problem;
      assert.deepEqual([response.status, problem.code], [422, 'agent_not_permitted']);
      assert.deepEqual(problem.errors, [{ field: 'agent', message }]);
      assert.deepEqual(ingress.runs.calls, []);
    });
  }
});

describe('the start of a task', () => {
  test('is put off by delay and by at, and a time that is past is none', async (t) => {
    const ingress = await startTestIngress(t);
    const at = new Date(Date.now() + 3_600_000).toISOString();
    for (const time of [{ delay: '90s' }, { delay: '365d' }, { at }, { at: '2020-02-29T12:00:00+01:00' }, {}]) {
      assert.equal((await ingress.post('/webhook', JSON.stringify({ text: 'Hi', ...time }))).status, 202);
    }
    const delays = ingress.runs.started.map(({ startDelayMs = 0 }) => startDelayMs);
    assert.deepEqual([delays[0], delays[1], delays[3], delays[4]], [90_000, 31_536_000_000, 0, 0]);
    assert.ok(Math.abs((delays[2] ?? 0) - 3_600_000) < 10_000, String(delays[2]));
  });

  const refused: [string, object, string, string][] = [
    ['both', { delay: '1m', at: '2026-01-31T12:00:00Z' }, 'at', 'cannot be combined with delay: send one of them'],
    [
      'no unit',
      { delay: '90' },
      'delay',
      'is not a delay: write a whole number with a unit (s, m, h or d), such as 90s or 2h',
    ],
    ['a number', { delay: 90 }, 'delay', 'must be a string'],
    ['more than a year', { delay: '366d' }, 'delay', 'is too long: the maximum is 365d'],
    ['a time far off', { at: '2999-01-31T12:00:00Z' }, 'at', 'is too late: the maximum is 365 days from now'],
    [
      'a day that is none',
      { at: '2026-02-30T12:00:00Z' },
      'at',
      'is not a time: write it as 2026-01-31T12:00:00Z, or with an offset (RFC 3339)',
    ],
    [
      'words',
      { at: 'tomorrow' },
      'at',
      'is not a time: write it as 2026-01-31T12:00:00Z, or with an offset (RFC 3339)',
    ],
  ];
  for (const [what, time, field, message] of refused) {
    test(`is refused with ${what}`, async (t) => {
      const ingress = await startTestIngress(t);
      const response = await ingress.post('/webhook', JSON.stringify({ text: 'Hi', ...time }));
      const problem = (await response.json()) as Problem;
      assert.deepEqual([response.status, problem.errors], [422, [{ field, message }]]);
      assert.deepEqual(ingress.runs.calls, []);
    });
  }
});
