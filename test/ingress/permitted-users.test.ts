import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { SOURCE_SAMPLES } from '../support/source-samples.ts';
import { startSource } from '../support/source-under-test.ts';
import { ALPHA, BETA, startTestIngress } from '../support/test-ingress.ts';

const CLIENTS = [{ ...ALPHA, allowedUserIds: ['ada', 'Grace Hopper', 'ci-bot@example.com'] }, BETA];

describe('a client with permitted users', () => {
  for (const user of ['ada', 'Grace Hopper', 'ci-bot@example.com']) {
    test(`may ask for ${user}, in either vocabulary`, async (t) => {
      const ingress = await startTestIngress(t, { clients: CLIENTS });
      const replies = [
        await ingress.post('/webhook', JSON.stringify({ text: 'Hi', user_id: user })),
        await ingress.post('/invoke', JSON.stringify({ directive: 'Hi', principal: user })),
      ];
      assert.deepEqual(
        replies.map(({ status }) => status),
        [202, 202],
      );
      assert.deepEqual(
        ingress.runs.started.map(({ input }) => input.task.userId),
        [user, user],
      );
    });
  }

  const refused: [string, object, string, RegExp][] = [
    [
      'another user',
      { text: 'Hi', user_id: 'mallory' },
      'user_id',
      /^"mallory" is not permitted for the client "alpha"/,
    ],
    ['another case', { text: 'Hi', user_id: 'Ada' }, 'user_id', /^"Ada" is not permitted/],
    ['a part of one', { text: 'Hi', user_id: 'Grace' }, 'user_id', /^"Grace" is not permitted/],
    ['a name that every list has', { text: 'Hi', user_id: 'length' }, 'user_id', /^"length" is not permitted/],
    ['its name alone', { text: 'Hi', user_name: 'ada' }, 'user_id', /^is missing: the client "alpha" must name/],
    ['no user', { text: 'Hi' }, 'user_id', /^is missing: .* must name one of its permitted users$/],
    ['another principal', { directive: 'Hi', principal: 'mallory' }, 'principal', /^"mallory" is not permitted/],
    ['no principal', { directive: 'Hi' }, 'principal', /^is missing/],
    ['an endless one', { text: 'Hi', user_id: 'm'.repeat(512) }, 'user_id', /^"m{79}…" is not permitted/],
  ];
  for (const [what, body, field, message] of refused) {
    test(`may not ask for ${what}, and nothing is started or looked up`, async (t) => {
      const ingress = await startTestIngress(t, { clients: CLIENTS });
      const response = await ingress.post(
        '/webhook',
        JSON.stringify({
          ...body,
          [field === 'principal' ? 'response_uri' : 'callback_url']: 'https://ci.example.com/hooks',
        }),
      );
      const problem = (await response.json()) as Problem;
      assert.deepEqual([response.status, problem.code], [422, 'user_not_permitted']);
      assert.deepEqual(
        problem.errors?.map((error) => error.field),
        [field],
      );
      assert.match(problem.errors?.[0]?.message ?? '', message);
      assert.equal(problem.detail, `${field} ${problem.errors?.[0]?.message}.`);
      // Whom else the client may name, is the operator's to tell.
      assert.doesNotMatch(JSON.stringify(problem), /Hopper|ci-bot/);
      assert.deepEqual([ingress.runs.calls, ingress.checked], [[], []]);
    });
  }

  test('leaves other clients alone', async (t) => {
    const ingress = await startTestIngress(t, { clients: [ALPHA, { ...BETA, allowedUserIds: ['ada'] }] });
    assert.equal((await ingress.post('/webhook', '{"text":"Hi"}')).status, 202);
    assert.equal((await ingress.post('/webhook', '{"text":"Hi","user_id":"mallory"}')).status, 202);
  });
});

describe('a source of such a client', () => {
  const { generic } = SOURCE_SAMPLES;
  assert.ok(generic);
  const map = { text: 'x', user_id: '{{ event.by }}' };

  test('starts runs for permitted users alone', async (t) => {
    const source = await startSource(t, generic, { map }, { clients: CLIENTS });
    const cases: [unknown, 202 | 'user_not_permitted' | 'invalid_event'][] = [
      ['ada', 202],
      ['mallory', 'user_not_permitted'],
      ['ada mallory', 'user_not_permitted'],
      ['', 'user_not_permitted'],
      [' \n', 'user_not_permitted'],
      [undefined, 'user_not_permitted'],
      [null, 'user_not_permitted'],
      ['a\ufeffda', 'user_not_permitted'],
      // Each of these was once taken for ada.
      ['ada ', 'invalid_event'],
      [' ada\n', 'invalid_event'],
      ['ada\u00a0', 'invalid_event'],
      ['\ufeffada', 'invalid_event'],
      ['\u0000ada', 'invalid_event'],
      ['ada\u007f', 'invalid_event'],
      ['ada\u2028', 'invalid_event'],
      [['ada'], 'invalid_event'],
      [[null, 'ada'], 'invalid_event'],
      [{ id: 'ada' }, 'invalid_event'],
      [7, 'invalid_event'],
      [true, 'invalid_event'],
    ];
    for (const [index, [by, expected]] of cases.entries()) {
      const response = await source.send({ body: JSON.stringify({ by }), headers: { 'X-CI-Delivery': `d-${index}` } });
      assert.equal(response.status, expected === 202 ? 202 : 422, JSON.stringify(by));
      if (expected === 202) continue;
      const problem = (await response.json()) as Problem;
      assert.deepEqual([problem.code, problem.errors?.[0]?.field], [expected, 'map.user_id'], JSON.stringify(by));
    }
    assert.deepEqual(
      source.ingress.runs.started.map(({ input }) => input.task.userId),
      ['ada'],
    );
  });

  test('takes what its template converts, and no line break of the file', async (t) => {
    const clients = [{ ...ALPHA, allowedUserIds: ['ada', '7'] }, BETA];
    const user = `  {{ event.by | strip | default: event.number | json | remove: '"' }}\n`;
    const source = await startSource(t, generic, { map: { ...map, user_id: user } }, { clients });
    const send = async (body: object, id: string): Promise<number> =>
      (await source.send({ body: JSON.stringify(body), headers: { 'X-CI-Delivery': id } })).status;
    assert.equal(await send({ by: ' ada ' }, 'd-1'), 202);
    assert.equal(await send({ by: ['ada'] }, 'd-2'), 422);
    assert.equal(await send({ number: 7 }, 'd-3'), 202);
    assert.deepEqual(
      source.ingress.runs.started.map(({ input }) => input.task.userId),
      ['ada', '7'],
    );
  });

  test('still ignores what its filter drops, whoever caused it', async (t) => {
    const source = await startSource(t, generic, { map, filter: { 'event.wanted': true } }, { clients: CLIENTS });
    const response = await source.send({ body: '{"by":"mallory"}' });
    assert.deepEqual(
      [response.status, await response.json()],
      [200, { ignored: 'event.wanted does not match the filter' }],
    );
  });
});
