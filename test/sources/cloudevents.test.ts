import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CloudEvent, HTTP } from 'cloudevents';
import { ProblemError, type Problem } from '../../src/protocol/problem-error.ts';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import type { RunReply } from '../../src/runs/run-reply.ts';
import { FakeRunClient } from '../support/fake-run-client.ts';
import { SOURCE_SAMPLES, type SourceOptions, type SourceSample } from '../support/source-samples.ts';
import { type SourceUnderTest, startSource } from '../support/source-under-test.ts';

const BATCH = 'application/cloudevents-batch+json; charset=UTF-8';
const DATA = { map: { text: '{{ event.id }}: {{ event.data | json }}' } } satisfies Partial<SourceOptions>;

function sample(name: string): SourceSample {
  const found = SOURCE_SAMPLES[name];
  assert.ok(found, name);
  return found;
}

function textsOf({ ingress }: SourceUnderTest): string[] {
  return ingress.runs.started.map(({ input }) => input.task.text);
}

/** A batch as the SDK of CloudEvents writes each of its events. */
function batchOf(...events: readonly CloudEvent<unknown>[]): string {
  return `[${events.map((event) => String(HTTP.structured(event).body)).join()}]`;
}

const event = (id: string, more: object = {}) =>
  new CloudEvent({ id, source: '/s', type: 'made', data: { n: 1 }, ...more });

describe('a batch of CloudEvents', () => {
  test('that its SDK reads as events is a run for each, and the answer lists them in order', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'), DATA);
    const body = batchOf(event('a'), event('b', { data: 'plain' }), event('c'));
    const read = HTTP.toEvent({ headers: { 'content-type': BATCH }, body }) as { id: string }[];
    assert.deepEqual(
      read.map(({ id }) => id),
      ['a', 'b', 'c'],
    );
    const response = await source.send({ body, contentType: BATCH });
    const { runs } = (await response.json()) as { runs: { id: string; status: string; links: object }[] };
    assert.deepEqual([response.status, response.headers.get('location')], [202, null]);
    const { started } = source.ingress.runs;
    assert.deepEqual(textsOf(source), ['a: {"n":1}', 'b: "plain"', 'c: {"n":1}']);
    assert.deepEqual(
      runs.map(({ id }) => id),
      started.map(({ runId }) => runId),
    );
    assert.deepEqual(Object.keys(runs[0] ?? {}), ['id', 'workflow_id', 'status', 'links'], 'nothing of the inside');
    const line = source.ingress.logs.find(({ message }) => message === 'run accepted')?.fields;
    assert.deepEqual([line?.['runs'], line?.['run_id']], [3, started[0]?.runId]);
  });

  test('is the same runs when it comes again, alone or in another batch', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'), DATA);
    await source.send({ body: batchOf(event('a'), event('b')), contentType: BATCH });
    const again = await source.send({ body: batchOf(event('b'), event('a')), contentType: BATCH });
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    const one = await source.send({ body: String(HTTP.structured(event('b')).body) });
    assert.equal(one.headers.get('idempotent-replayed'), 'true');
    const more = await source.send({ body: batchOf(event('b'), event('c')), contentType: BATCH });
    assert.equal(more.headers.get('idempotent-replayed'), null, 'one of them is new');
    assert.equal(source.ingress.runs.started.length, 3);
  });

  test('with one event that is refused starts nothing, and names it', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'), { map: { text: '{{ event.data.n }}' } });
    const broken = JSON.stringify([event('a'), { ...(event('b').toJSON() as object), type: '' }]);
    const untold = batchOf(event('a'), event('b', { data: { m: 1 } }));
    for (const [body, field] of [
      [broken, '[1].type'],
      [untold, 'map.text'],
      ['[1]', '[0]'],
      ['{}', ''],
    ] as const) {
      const response = await source.send({ body, contentType: BATCH });
      const problem = (await response.json()) as Problem;
      assert.deepEqual([response.status, problem.code, problem.errors?.[0]?.field], [422, 'invalid_event', field]);
    }
    assert.deepEqual(source.ingress.runs.calls, []);
  });

  test('without events starts nothing, and one of too many is refused', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'), DATA, { limits: { body: 1_048_576 } });
    const empty = await source.send({ body: '[]', contentType: BATCH });
    assert.deepEqual([empty.status, await empty.json()], [200, { ignored: 'the delivery has no events' }]);
    const many = batchOf(...Array.from({ length: 1001 }, (_, index) => event(`e-${index}`)));
    const refused = await source.send({ body: many, contentType: BATCH });
    assert.equal(refused.status, 422);
    assert.match(((await refused.json()) as Problem).detail, /has 1001 events: send at most 1000/);
    assert.deepEqual(source.ingress.runs.calls, []);
  });

  test('of one event is answered by a list, and an event without a batch by its run', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'), DATA);
    const batch = await source.send({ body: batchOf(event('a')), contentType: BATCH });
    const { runs } = (await batch.json()) as { runs: { id: string }[] };
    assert.deepEqual([batch.status, batch.headers.get('location'), runs.length], [202, null, 1]);
    const single = await source.send({ body: String(HTTP.structured(event('a')).body) });
    const run = (await single.json()) as { id: string };
    assert.equal(run.id, runs[0]?.id);
    assert.ok(single.headers.has('location'));
  });

  test('is told of by one list, whatever its events start', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'), { ...DATA, events: ['wanted'] });
    const body = batchOf(event('a'), event('b', { type: 'wanted' }));
    const response = await source.send({ body, contentType: BATCH });
    assert.equal(((await response.json()) as { runs: object[] }).runs.length, 1);
    const other = await source.send({ body: batchOf(event('a'), event('c')), contentType: BATCH });
    assert.deepEqual([other.status, await other.json()], [200, { ignored: 'events of the type made are not wanted' }]);
  });
});

/** Temporal is away for every third of the first starts. */
class FailingRunClient extends FakeRunClient {
  #count = 0;
  override async start(task: AcceptedTask): Promise<RunReply> {
    this.#count += 1;
    if (this.#count % 3 === 0 && this.#count < 40) throw new ProblemError('temporal_unavailable', 'Temporal is away.');
    return super.start(task);
  }
}

test('a delivery whose starts fail midway is 503, and sent again it becomes each run once', async (t) => {
  const runs = new FailingRunClient();
  const source = await startSource(t, sample('cloudevents, structured'), DATA, { runs });
  const ids = Array.from({ length: 20 }, (_, index) => `e-${index}`);
  const delivery = { body: batchOf(...ids.map((id) => event(id))), contentType: BATCH };
  const first = await source.send(delivery);
  assert.equal(first.status, 503);
  assert.ok(first.headers.has('retry-after'));
  assert.equal(first.headers.get('location'), null);
  assert.equal(((await first.json()) as Problem).code, 'temporal_unavailable');
  assert.equal(runs.started.length, 6, 'those under way end, and none begins');
  let tries = 1;
  while ((await source.send(delivery)).status !== 202) {
    tries += 1;
    assert.ok(tries < 6);
  }
  const texts = textsOf({ ...source, ingress: { ...source.ingress, runs } });
  assert.deepEqual(texts.toSorted(), ids.map((id) => `${id}: {"n":1}`).toSorted());
});

describe('data of a CloudEvent in binary mode is', () => {
  for (const [type, data, expected] of [
    ['application/json', '{"a":1}', { data: { a: 1 } }],
    ['application/vnd.acme+json', '{"a":1}', { data: { a: 1 } }],
    ['text/plain; charset=UTF-8', 'Größe', { data: 'Größe' }],
    ['application/xml', '<a>1</a>', { data: '<a>1</a>' }],
    ['image/svg+xml', '<svg/>', { data: '<svg/>' }],
    ['application/x-www-form-urlencoded', 'a=1', { data: 'a=1' }],
    ['application/octet-stream', Buffer.from([0, 255, 1]), { data_base64: 'AP8B' }],
    ['image/png', Buffer.from([137, 80]), { data_base64: 'iVA=' }],
  ] as const) {
    test(`${Object.keys(expected).join()} for ${type}, the same in structured mode`, async (t) => {
      const source = await startSource(t, sample('cloudevents, structured'), { map: { text: '{{ event | json }}' } });
      const headers = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't' };
      const binary = await source.send({ body: data, contentType: type, headers });
      assert.equal(binary.status, 202, await binary.clone().text());
      const attributes = { specversion: '1.0', id: '1', source: '/s', type: 't', datacontenttype: type };
      const whole = { ...attributes, ...expected };
      assert.deepEqual(JSON.parse(textsOf(source)[0] ?? ''), whole);
      const structured = await source.send({ body: JSON.stringify(whole) });
      assert.equal(structured.headers.get('idempotent-replayed'), 'true');
      // The independent reading of the same message.
      const theirs = HTTP.toEvent({
        headers: { ...headers, 'content-type': type },
        body: typeof data === 'string' ? data : Buffer.from(data),
      }) as CloudEvent<unknown>;
      if ('data' in expected && !type.includes('vnd')) assert.deepEqual(theirs.data, expected.data);
      else if (!('data' in expected)) assert.equal(theirs.data_base64, expected.data_base64);
    });
  }

  test('refused where it is not what its type says', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'));
    const headers = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't' };
    for (const [contentType, body, status] of [
      ['text/plain', Buffer.from([0xff]), 400],
      ['text/plain; charset=latin1', 'x', 415],
      ['application/json', '{', 400],
    ] as const) {
      assert.equal((await source.send({ contentType, body, headers })).status, status, contentType);
    }
    for (const more of [{ data_base64: 'A===' }, { data_base64: 5 }, { data: 1, data_base64: 'AA==' }]) {
      const body = JSON.stringify({ specversion: '1.0', id: '1', source: '/s', type: 't', ...more });
      const problem = (await (await source.send({ body })).json()) as Problem;
      assert.deepEqual([problem.code, problem.errors?.[0]?.field], ['invalid_event', 'data_base64']);
    }
    assert.deepEqual(source.ingress.runs.calls, []);
  });
});

describe('CloudEvents', () => {
  test('in another format are refused', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'));
    assert.equal((await source.send({ contentType: 'application/cloudevents+avro' })).status, 415);
    assert.equal((await source.send({ contentType: 'application/json' })).status, 415, 'neither mode');
  });

  test('are the same event in both modes', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'), { map: { text: '{{ event | json }}' } });
    const common = { specversion: '1.0', id: 'a b', source: '/s', type: 't', datacontenttype: 'application/json' };
    await source.send({ body: JSON.stringify({ ...common, data: { x: 1 } }) });
    await source.send({
      body: '{"x":1}',
      contentType: 'application/json',
      headers: { 'ce-specversion': '1.0', 'ce-id': 'a%20b', 'ce-source': '/s', 'ce-type': 't' },
    });
    assert.equal(source.ingress.runs.started.length, 1, 'one id of one source is one event');
    assert.deepEqual(JSON.parse(source.ingress.runs.started[0]?.input.task.text ?? ''), { ...common, data: { x: 1 } });
  });

  test('without what every event has are refused, and it is named', async (t) => {
    const source = await startSource(t, sample('cloudevents, structured'));
    for (const [change, field, message] of [
      [{ id: undefined }, 'id', 'is required and must be a string'],
      [{ id: '' }, 'id', 'is empty: fill it in'],
      [{ source: '' }, 'source', 'is empty: fill it in'],
      [{ type: 5 }, 'type', 'is required and must be a string'],
      [{ specversion: '0.3' }, 'specversion', 'is not 1.0: send CloudEvents 1.0'],
    ] as const) {
      const body = JSON.stringify({ ...(JSON.parse(sample('cloudevents, structured').body) as object), ...change });
      const response = await source.send({ body });
      const problem = (await response.json()) as Problem;
      assert.deepEqual([response.status, problem.code, problem.errors], [422, 'invalid_event', [{ field, message }]]);
    }
    assert.equal((await source.send({ body: '[]' })).status, 422);
  });
});
