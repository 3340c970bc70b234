import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { RunClient } from '../../src/runs/run-client.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { SOURCE_SAMPLES, type SourceOptions, type SourceSample } from '../support/source-samples.ts';
import { sourcesOf, startSource } from '../support/source-under-test.ts';
import { startTestIngress } from '../support/test-ingress.ts';

function sample(name: string): SourceSample {
  const found = SOURCE_SAMPLES[name];
  assert.ok(found, name);
  return found;
}

const CI = sample('generic');
const EVENT = JSON.parse(CI.body) as Record<string, unknown>;

describe('a field of a task', () => {
  test('is whole, or it is left out', async (t) => {
    const source = await startSource(t, CI, {
      map: {
        text: 'Build {{ event.build.number }} {{ event.nowhere }}',
        session_key: '{{ event.build.number }}/{{ event.nowhere }}',
        user_id: '{{ event.nowhere }}',
        user_name: '{{ event.nowhere | default: "" }}',
        callback_url: 'https://ci.example.com/{{ event.nowhere }}',
        metadata: { a: '{{ event.nowhere }}', b: '{{ event.build.branch }} {{ event.nowhere }}' },
      },
    });
    assert.equal((await source.send()).status, 202);
    const [task] = source.ingress.runs.started;
    assert.deepEqual(task?.input.task, { text: 'Build 4312 ', metadata: { b: 'main ' } });
    assert.equal(task?.input.callback, undefined);
  });

  test('has no control characters and no half characters, and the text keeps its lines', async (t) => {
    const source = await startSource(t, CI, {
      map: {
        text: '{{ event.build.branch }}',
        user_name: '{{ event.build.branch }}',
        session_key: 'x{{ event.build.number }}',
      },
    });
    const body = '{"event":"build.failed","build":{"number":1,"branch":"a\\u0000\\nb\\ud800"}}';
    assert.equal((await source.send({ body })).status, 202);
    assert.deepEqual(source.ingress.runs.started[0]?.input.task, {
      text: 'a\u0000\nb\ufffd',
      userName: 'a b\ufffd',
      sessionKey: 'x1',
    });
  });

  test('that is too long to tell from another is refused, and named', async (t) => {
    const source = await startSource(t, CI, { map: { text: 'x', session_key: '{{ event.build.branch }}' } });
    const body = JSON.stringify({ build: { branch: 'b'.repeat(513) } });
    const response = await source.send({ body });
    const problem = (await response.json()) as Problem;
    assert.deepEqual(
      [response.status, problem.code, problem.errors?.[0]?.field],
      [422, 'invalid_event', 'map.session_key'],
    );
  });

  test('that is all blank is refused in the text, and left out elsewhere', async (t) => {
    const source = await startSource(t, CI, {
      map: { text: '{{ event.build.branch }}', user_id: '{{ event.build.branch }}' },
    });
    const response = await source.send({ body: JSON.stringify({ build: { branch: ' \n ' } }) });
    const problem = (await response.json()) as Problem;
    assert.deepEqual([response.status, problem.errors?.map(({ field }) => field)], [422, ['map.text']]);
  });

  test('that is a number which JavaScript can not hold is kept as it was sent', async (t) => {
    const source = await startSource(t, CI, {
      map: { text: '{{ event.id }} {{ event.far }} {{ event.n }} {{ event | json }}' },
    });
    assert.equal((await source.send({ body: '{"id":-12345678901234567890,"far":1e400,"n":1e3}' })).status, 202);
    assert.equal(
      source.ingress.runs.started[0]?.input.task.text,
      '-12345678901234567890 1e400 1000 {"id":"-12345678901234567890","far":"1e400","n":1000}',
    );
  });

  test('that is metadata stands in the input of the run', async (t) => {
    const source = await startSource(t, CI);
    await source.send();
    assert.deepEqual(source.ingress.runs.started[0]?.input.task.metadata, { branch: 'main' });
  });

  test('that is a long text is cut, so that Temporal can take it', async (t) => {
    const source = await startSource(t, CI, { map: { text: '{{ event.build.log }}' }, body_limit: 2_000_000 });
    const body = JSON.stringify({ build: { log: '\u0001'.repeat(300_000) } });
    assert.equal((await source.send({ body })).status, 202);
    const text = source.ingress.runs.started[0]?.input.task.text ?? '';
    assert.equal(text.length, 262_144);
    assert.ok(JSON.stringify(text).length < 2 * 1024 * 1024);
  });
});

describe('an event that takes a template beyond its limits', () => {
  const refused = async (t: Pick<TestContext, 'after'>, changes: Partial<SourceOptions>, body: object) => {
    const source = await startSource(t, CI, changes);
    const response = await source.send({ body: JSON.stringify(body) });
    const problem = (await response.json()) as Problem;
    assert.deepEqual([response.status, problem.code], [422, 'invalid_event']);
    assert.deepEqual(source.ingress.runs.calls, []);
    assert.deepEqual(
      source.ingress.logs.filter(({ level }) => level === 'error'),
      [],
    );
    return problem;
  };

  test('starts nothing, and its sender hears which template it was', async (t) => {
    const text = '{% for i in (1..event.n) %}{% for j in (1..event.n) %}{% endfor %}{% endfor %}{{ event.n }}';
    const problem = await refused(t, { map: { text } }, { n: 1_000_000 });
    assert.equal(problem.detail, 'map.text exceeds the time limit of templates on this event.');
    const far = await refused(t, { map: { text } }, { n: 1e15 });
    assert.equal(far.detail, 'map.text exceeds the memory limit of templates on this event.');
  });

  test('starts nothing by any other template either', async (t) => {
    const bad = '{{ event.odd | upcase }}';
    const event = { odd: { toString: 1 } };
    for (const [field, changes] of [
      ['delivery_id', { delivery_id: bad }],
      ['event_type', { event_type: bad }],
      ['agent', { agent: bad }],
      ['map.session_key', { map: { text: 'x', session_key: bad } }],
      ['map.metadata.a', { map: { text: 'x', metadata: { a: bad } } }],
    ] as const) {
      const problem = await refused(t, changes, event);
      assert.equal(problem.errors?.[0]?.field, field);
    }
  });
});

describe('a callback address from an event', () => {
  test('goes by the rules of the client', async (t) => {
    const source = await startSource(t, CI, { client: 'beta', agent: 'reviewer' });
    assert.equal((await source.send()).status, 202);
    assert.equal(source.ingress.runs.started[0]?.input.callback?.url, 'https://ci.example.com/hooks/4312');
    assert.deepEqual(source.ingress.checked, [
      { text: 'https://ci.example.com/hooks/4312', rules: { allowedDomains: ['ci.example.com'], permitNetworks: [] } },
    ]);
  });

  test('that is forbidden starts nothing', async (t) => {
    const source = await startSource(t, CI);
    const response = await source.send({ body: JSON.stringify({ ...EVENT, reply_to: 'http://169.254.169.254/' }) });
    const problem = (await response.json()) as Problem;
    assert.deepEqual(
      [response.status, problem.code, problem.errors?.[0]?.field],
      [422, 'callback_url_refused', 'map.callback_url'],
    );
    assert.deepEqual(source.ingress.runs.calls, []);
  });

  test('can fill in a part of it, and no more than that part', async (t) => {
    const source = await startSource(t, CI, {
      map: { text: 'x', callback_url: 'https://ci.example.com/{{ event.build.branch }}?n={{ event.build.number }}' },
    });
    const body = JSON.stringify({ build: { branch: '..admin?x=1#y@evil.example', number: '1&role=admin' } });
    assert.equal((await source.send({ body })).status, 202);
    assert.equal(
      source.ingress.runs.started[0]?.input.callback?.url,
      'https://ci.example.com/..admin%3Fx%3D1%23y%40evil.example?n=1%26role%3Dadmin',
    );
  });
});

describe('a callback address that an event would lead elsewhere', () => {
  const BUILD = 'https://ci.example.com/builds/{{ event.id }}/comment';
  const cases: [string, string, object, RegExp][] = [
    ['by a dot segment', BUILD, { id: '..' }, /has a path with \. or \.\. as a segment for this event/],
    ['by a single dot', BUILD, { id: '.' }, /has a path with \. or \.\./],
    ['by half a dot segment', 'https://ci.example.com/a/.{{ event.id }}/b', { id: '.' }, /has a path with/],
    ['at the end', 'https://ci.example.com/a/{{ event.id }}', { id: '..' }, /has a path with/],
    ['before the query', 'https://ci.example.com/a/{{ event.id }}?q=1', { id: '..' }, /has a path with/],
    ['by an encoded dot segment', BUILD, { id: '%2e%2E' }, /\{\{ event\.id \}\} contains a slash/],
    ['by a slash', BUILD, { id: 'a/../../admin' }, /\{\{ event\.id \}\} contains a slash, .* change the path/],
    ['by a backslash', BUILD, { id: '..\\admin' }, /contains a slash, a backslash/],
    ['by an encoded slash', BUILD, { id: 'a%2Fb' }, /contains a slash, a backslash or an encoded one/],
    ['after a value', '{{ event.base }}/{{ event.id }}', { base: 'https://ci.example.com', id: '..' }, /has a path/],
    [
      'in the host',
      '{{ event.base }}{{ event.id }}',
      { base: 'https://ci.example.com', id: '.evil.test' },
      /\{\{ event\.id \}\} is in the host of the URL/,
    ],
  ];
  for (const [what, callbackUrl, event, message] of cases) {
    test(`${what} starts nothing`, async (t) => {
      const source = await startSource(t, CI, { map: { text: 'x', callback_url: callbackUrl } });
      const response = await source.send({ body: JSON.stringify(event) });
      const problem = (await response.json()) as Problem;
      assert.deepEqual(
        [response.status, problem.code, problem.errors?.[0]?.field],
        [422, 'invalid_event', 'map.callback_url'],
      );
      assert.match(problem.detail, message);
      assert.deepEqual([source.ingress.runs.calls, source.ingress.checked], [[], []]);
    });
  }

  test('takes dots and slashes where they change nothing', async (t) => {
    const callbackUrl = 'https://ci.example.com/v{{ event.id }}/x?ref={{ event.ref }}';
    const source = await startSource(t, CI, { map: { text: 'x', callback_url: callbackUrl } });
    assert.equal((await source.send({ body: '{"id":"1..2","ref":"../a/%2e"}' })).status, 202);
    assert.equal(
      source.ingress.runs.started[0]?.input.callback?.url,
      'https://ci.example.com/v1..2/x?ref=..%2Fa%2F%252e',
    );
  });
});

describe('an agent', () => {
  test('is the one that the operator names', async (t) => {
    const source = await startSource(t, CI, { agent: 'reviewer' });
    await source.send();
    assert.equal(source.ingress.runs.started[0]?.input.agent, 'reviewer');
  });

  test("may be picked by an event among the client's own, and by no other name", async (t) => {
    const source = await startSource(t, CI, { agent: '{{ event.kind }}', client: 'beta', map: { text: 'x' } });
    for (const [kind, status] of [
      ['reviewer', 202],
      ['demo', 422],
      ['toString', 422],
      [undefined, 202],
    ] as const) {
      const response = await source.send({ body: JSON.stringify({ kind }), headers: { 'X-CI-Delivery': `d-${kind}` } });
      assert.equal(response.status, status, kind);
      if (status === 422) assert.equal(((await response.json()) as Problem).code, 'agent_not_permitted');
    }
    assert.deepEqual(
      source.ingress.runs.started.map(({ input }) => input.agent),
      ['reviewer', 'reviewer'],
    );
  });
});

describe('a delivery', () => {
  test('has its id where the operator says, before any other', async (t) => {
    const source = await startSource(t, sample('stripe'), {
      delivery_id: '{{ event.data.object.id }}',
      identity: 'strict',
    });
    const event = JSON.parse(sample('stripe').body) as object;
    await source.send();
    const again = await source.send({ body: JSON.stringify({ ...event, pending_webhooks: 2 }) });
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    const conflict = await source.send({ body: JSON.stringify({ ...event, id: 'evt_other' }) });
    assert.equal(conflict.status, 409);
  });

  test('without an id is a run of its own', async (t) => {
    const source = await startSource(t, sample('github'));
    for (const id of ['', '']) await source.send({ headers: { 'X-GitHub-Delivery': id } });
    assert.deepEqual(
      source.ingress.runs.started.map(({ idempotent }) => idempotent),
      [false, false],
    );
  });

  test('is known by a number that JavaScript would round, too', async (t) => {
    const source = await startSource(t, CI, { delivery_id: '{{ event.id }}', map: { text: '{{ event.id }}' } });
    for (const id of ['820982911946154508', '820982911946154509', '-820982911946154509']) {
      assert.equal((await source.send({ body: `{"id":${id}}` })).status, 202);
    }
    assert.deepEqual(
      source.ingress.runs.started.map(({ input }) => input.task.text),
      ['820982911946154508', '820982911946154509', '-820982911946154509'],
    );
  });

  test('of one id at two sources is two runs, and each has its own secret', async (t) => {
    const { options, ...github } = sample('github');
    const ingress = await startTestIngress(t, {
      sources: sourcesOf(
        { ...options, name: 'a', secret: ['secret-a'] },
        { ...options, name: 'b', secret: ['secret-b'], path: '/github-b' },
      ),
    });
    const send = (path: string, secret: string) =>
      fetch(ingress.url + path, {
        method: 'POST',
        body: github.body,
        headers: { 'Content-Type': 'application/json', ...github.headers, ...github.sign(github.body, secret, 0) },
      });
    assert.equal((await send('/hooks/a', 'secret-a')).status, 202);
    assert.equal((await send('/github-b', 'secret-b')).status, 202);
    assert.equal((await send('/hooks/a', 'secret-b')).status, 401);
    assert.equal((await send('/hooks/b', 'secret-b')).status, 404, 'it has another path');
    assert.equal((await send('/webhook', 'secret-a')).status, 401, 'a source is no client');
    assert.equal(new Set(ingress.runs.started.map(({ runId }) => runId)).size, 2);
  });

  test('of an unsigned source needs nothing but to be an event', async (t) => {
    const source = await startSource(t, sample('alertmanager'), { unsigned: true, secret: [] });
    const response = await source.send({ headers: { Authorization: '' } });
    assert.equal(response.status, 202);
    assert.equal((await source.send({ headers: { Authorization: '' } })).headers.get('idempotent-replayed'), 'true');
  });

  test('to no source is 404, and by GET 405', async (t) => {
    const { ingress } = await startSource(t, sample('github'));
    assert.equal((await fetch(`${ingress.url}/hooks/other`, { method: 'POST', body: '{}' })).status, 404);
    assert.equal((await fetch(`${ingress.url}/hooks/github`)).status, 405);
  });
});

test('no secret and nothing of an event reaches the log', async (t) => {
  const source = await startSource(t, CI, { filter: CI.unmatched });
  await source.send();
  await source.send({ secret: 'wrong-secret' });
  await source.send({ body: '{"event":"build.failed","private":"s3cret-of-the-event"' });
  const logged = JSON.stringify(source.ingress.logs);
  assert.doesNotMatch(logged, /generic-secret|wrong-secret|s3cret-of-the-event|v1=/);
});

test('what was not verified and read does not compile', () => {
  const check = (runs: RunClient): void => {
    const task = { runId: 'run-x', idempotent: false, input: {}, memo: {} };
    // @ts-expect-error -- only acceptTask makes an AcceptedTask
    void runs.start(task);
  };
  assert.equal(typeof check, 'function');
});
