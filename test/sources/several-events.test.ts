import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { SOURCE_SAMPLES, type SourceOptions, type SourceSample } from '../support/source-samples.ts';
import { compileOptions, type SourceUnderTest, startSource } from '../support/source-under-test.ts';
import { VENDOR_SAMPLES } from '../support/vendor-samples.ts';

function sample(name: string): SourceSample {
  const found = VENDOR_SAMPLES[name] ?? SOURCE_SAMPLES[name];
  assert.ok(found, name);
  return found;
}

function textsOf({ ingress }: SourceUnderTest): string[] {
  return ingress.runs.started.map(({ input }) => input.task.text);
}

describe('a delivery of several events, by `each`,', () => {
  const CI = sample('generic');
  const split = (each: readonly string[], more: Partial<SourceOptions> = {}) =>
    ({ each, map: { text: '{{ event | json }}' }, event_type: 'x', events: ['x'], ...more }) as Partial<SourceOptions>;
  const send = async (source: SourceUnderTest, body: unknown) => source.send({ body: JSON.stringify(body) });

  for (const [each, delivery, expected] of [
    [['event'], [{ a: 1 }, { a: 2 }], [{ a: 1 }, { a: 2 }]],
    [['event'], { a: 1 }, [{ a: 1 }]],
    [
      ['event.list'],
      { id: 7, list: [1, 2] },
      [
        { id: 7, list: [1] },
        { id: 7, list: [2] },
      ],
    ],
    [['event.list[*]'], { list: [] }, [{ list: [] }]],
    [['event.list'], { list: 'none' }, [{ list: 'none' }]],
    [['event.a[*].b'], { a: [{ b: [1, 2] }, { c: 3 }] }, [{ a: [{ b: [1] }] }, { a: [{ b: [2] }] }, { a: [{ c: 3 }] }]],
    [
      ['event.a', 'event.b'],
      { a: [1, 2], b: [3] },
      [
        { a: [1], b: [3] },
        { a: [2], b: [3] },
      ],
    ],
    [['event[*].b'], [{ b: [1, 2] }, { b: [3] }], [{ b: [1] }, { b: [2] }, { b: [3] }]],
    [
      ['event.a'],
      JSON.parse('{"__proto__":{"x":1},"a":[1,2]}'),
      [1, 2].map((n) => JSON.parse(`{"__proto__":{"x":1},"a":[${n}]}`) as object),
    ],
  ] as [string[], unknown, unknown[]][]) {
    test(`${each.join(' and ')} makes ${expected.length} of ${JSON.stringify(delivery)}`, async (t) => {
      const source = await startSource(t, CI, split(each));
      const response = await send(source, delivery);
      assert.equal(response.status, 202, await response.text());
      assert.deepEqual(
        textsOf(source).map((text) => JSON.parse(text) as unknown),
        expected,
      );
    });
  }

  for (const [each, delivery, isListed] of [
    ['event.list', { list: [1] }, true],
    ['event.list', { list: 'none' }, true],
    ['event', [{ a: 1 }], true],
    ['event', { a: 1 }, false],
  ] as const) {
    test(`${each} of ${JSON.stringify(delivery)} is answered by ${isListed ? 'a list' : 'its run'}`, async (t) => {
      const source = await startSource(t, CI, split([each]));
      const response = await send(source, delivery);
      const keys = Object.keys((await response.json()) as object);
      assert.deepEqual(keys, isListed ? ['runs'] : ['id', 'workflow_id', 'status', 'links']);
      assert.equal(response.headers.has('location'), !isListed);
    });
  }

  test('has one run for each event though one id signs them all, and a repeat is the same', async (t) => {
    const source = await startSource(t, CI, split(['event.list']));
    for (const replayed of [null, 'true']) {
      const response = await send(source, { list: [1, 1, 2] });
      assert.equal(response.headers.get('idempotent-replayed'), replayed);
    }
    assert.equal(source.ingress.runs.started.length, 3, 'the header names the delivery, not the event');
  });

  test('has ids though the sender sends none, so that it may come again', async (t) => {
    const source = await startSource(
      t,
      CI,
      split(['event.list'], { signing: { header: 'X-CI-Signature', prefix: 'v1=', encoding: 'base64' } }),
    );
    await send(source, { list: [1, 2] });
    await send(source, { list: [1, 2] });
    assert.equal(source.ingress.runs.started.length, 2);
  });

  test('takes an id from the event where the operator says so', async (t) => {
    const source = await startSource(t, CI, split(['event.list'], { delivery_id: '{{ event.list[0].id }}' }));
    await send(source, { list: [{ id: 'a' }, { id: 'b' }] });
    await send(source, { list: [{ id: 'b' }, { id: 'c' }] });
    assert.equal(source.ingress.runs.started.length, 3);
  });

  test('cannot fill the memory with what stands around its events', async (t) => {
    const source = await startSource(t, CI, split(['event.list']), { limits: { body: 1_048_576 } });
    const response = await send(source, { around: 'x'.repeat(500_000), list: Array.from({ length: 900 }, () => 1) });
    assert.equal(response.status, 422);
    assert.match(((await response.json()) as Problem).detail, /too much around its events/);
    assert.deepEqual(source.ingress.runs.calls, []);
  });

  test('is refused at start where it begins elsewhere', () => {
    for (const [each, expected] of [
      ['headers.user-agent', /begin with event/],
      ['list', /there is no "list" here/],
      ['event..a', /which is not a path/],
    ] as const) {
      const { faults } = compileOptions([{ ...CI.options, each: [each] }]);
      assert.match(faults.map(({ message }) => message).join(), expected);
    }
  });
});

describe('several events in one delivery of', () => {
  test('Meta are a run for each message, with its own user', async (t) => {
    const source = await startSource(t, sample('meta'));
    const message = (id: string, from: string) => ({
      from,
      id,
      timestamp: '1',
      text: { body: `text ${id}` },
      type: 'text',
    });
    const value = {
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: '1', phone_number_id: '99' },
      contacts: [
        { profile: { name: 'Ada' }, wa_id: '1' },
        { profile: { name: 'Bob' }, wa_id: '2' },
      ],
      messages: [message('m1', '1'), message('m2', '2')],
    };
    const statuses = { ...value, messages: undefined, contacts: undefined, statuses: [{ id: 'm0', status: 'read' }] };
    const body = JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [
        {
          id: '5',
          changes: [
            { field: 'messages', value },
            { field: 'messages', value: statuses },
          ],
        },
        { id: '6', changes: [{ field: 'messages', value: { ...value, messages: [message('m3', '1')] } }] },
      ],
    });
    for (let sent = 0; sent < 2; sent += 1) assert.equal((await source.send({ body })).status, 200);
    const tasks = source.ingress.runs.started.map(({ input: { task } }) => [
      task.text.split('\n')[0],
      task.userId,
      task.userName,
    ]);
    assert.deepEqual(tasks, [
      ['text m1', '1', 'Ada'],
      ['text m2', '2', 'Bob'],
      ['text m3', '1', 'Ada'],
    ]);
    const again = await source.send({
      body: JSON.stringify({
        object: 'whatsapp_business_account',
        entry: [{ id: '5', changes: [{ field: 'messages', value: { ...value, messages: [message('m2', '2')] } }] }],
      }),
    });
    assert.equal(again.headers.get('idempotent-replayed'), 'true', 'alone it is the same message');
  });

  test('Asana are a run for each change', async (t) => {
    const source = await startSource(t, sample('asana'), { events: ['task.*'] });
    const { events } = JSON.parse(sample('asana').body) as { events: object[] };
    const [first] = events;
    const body = JSON.stringify({
      events: [first, { ...first, action: 'deleted' }, { ...first, resource: { resource_type: 'story' } }],
    });
    assert.equal((await source.send({ body })).status, 200);
    assert.deepEqual(
      textsOf(source).map((text) => text.split('\n')[0]),
      ['Asana sent task.changed:', 'Asana sent task.deleted:'],
    );
    const alone = await source.send({ body: JSON.stringify({ events: [first] }) });
    assert.equal(alone.headers.get('idempotent-replayed'), 'true');
  });
});
