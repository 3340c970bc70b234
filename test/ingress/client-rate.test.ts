import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RunReply } from '../../src/runs/run-reply.ts';
import { type Problem, ProblemError } from '../../src/protocol/problem-error.ts';
import { FakeRunClient } from '../support/fake-run-client.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { ALPHA, BETA, startTestIngress } from '../support/test-ingress.ts';
import { betaPost, BODY, hourly, problemOf } from './under-limits.ts';

class UnreachableRunClient extends FakeRunClient {
  override start(): Promise<RunReply> {
    return Promise.reject(new ProblemError('temporal_unavailable', 'Temporal is away.'));
  }
}

describe("a client's rate", () => {
  test('is told with each answer, and what is over it is refused until the window is over', async (t) => {
    const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, ...hourly(2) }, BETA] });
    const first = await ingress.post('/webhook', BODY);
    assert.equal(first.status, 202);
    assert.equal(first.headers.get('ratelimit-policy'), '"rate";q=2;w=3600');
    assert.equal(first.headers.get('ratelimit'), '"rate";r=1;t=3600');
    assert.equal((await ingress.post('/invoke', BODY)).headers.get('ratelimit')?.split(';t=')[0], '"rate";r=0');
    const refused = await ingress.post('/webhook', BODY);
    assert.match(refused.headers.get('ratelimit') ?? '', /^"rate";r=0;t=3(?:600|5\d\d)$/);
    const retryAfter = Number(refused.headers.get('retry-after'));
    assert.ok(retryAfter > 3500 && retryAfter <= 3600, String(retryAfter));
    assert.equal(refused.headers.get('content-type'), 'application/problem+json');
    const problem = (await refused.json()) as Problem;
    assert.deepEqual([problem.status, problem.code], [429, 'rate_limited']);
    assert.match(problem.detail, /2 deliveries an hour/);
    assert.equal(ingress.runs.started.length, 2);
  });

  test('is told together with the other limit, in one list', async (t) => {
    const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, ...hourly(2), maxInFlight: 5 }, BETA] });
    const { headers } = await ingress.post('/webhook', BODY);
    assert.equal(headers.get('ratelimit-policy'), '"rate";q=2;w=3600, "in-flight";q=5;qu="concurrent-requests"');
    assert.match(headers.get('ratelimit') ?? '', /^"rate";r=1;t=3(?:600|5\d\d), "in-flight";r=4$/);
  });

  test('that is used up puts off what was refused for another reason', async (t) => {
    const runs = new UnreachableRunClient();
    const ingress = await startTestIngress(t, { runs, clients: [{ ...ALPHA, ...hourly(2) }, BETA] });
    const [some, none] = [await ingress.post('/webhook', BODY), await ingress.post('/webhook', BODY)];
    assert.deepEqual([some.status, some.headers.get('retry-after')], [503, '2']);
    assert.equal(none.status, 503);
    assert.equal(none.headers.get('ratelimit'), `"rate";r=0;t=${none.headers.get('retry-after')}`);
  });

  test('that is used up says nothing of when to send again what never will be taken', async (t) => {
    const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, ...hourly(1) }, BETA] });
    const response = await ingress.post('/webhook', '{"txt":1}');
    assert.deepEqual([response.status, response.headers.get('retry-after')], [422, null]);
  });

  test('is its own: another client goes on, and one without a limit is told of none', async (t) => {
    const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, ...hourly(1) }, BETA] });
    await ingress.post('/webhook', BODY);
    assert.equal((await ingress.post('/webhook', BODY)).status, 429);
    const other = await betaPost(ingress.url);
    assert.equal(other.status, 202);
    assert.equal(other.headers.get('ratelimit-policy'), null);
    assert.equal(other.headers.get('ratelimit'), null);
  });

  test('is used up by verified deliveries alone', async (t) => {
    const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, ...hourly(1) }, BETA] });
    for (let sent = 0; sent < 3; sent += 1) {
      const forged = await ingress.post('/webhook', BODY, hubHeaders('another secret', BODY));
      assert.equal(forged.status, 401);
      assert.equal(forged.headers.get('ratelimit-policy'), null);
    }
    assert.equal((await ingress.post('/webhook', BODY)).status, 202);
  });

  test('counts what comes by its sources too', async (t) => {
    const sources = sourcesOf({
      name: 'ci',
      preset: 'github',
      secret: ['source-secret'],
      client: 'alpha',
      map: { text: 'Look at {{ event.sha }}' },
    });
    const ingress = await startTestIngress(t, { clients: [{ ...ALPHA, ...hourly(1) }, BETA], sources });
    const event = '{"sha":"abc"}';
    const headers = { ...hubHeaders('source-secret', event), 'X-GitHub-Event': 'push' };
    const [one, other] = [
      await ingress.post('/hooks/ci', event, headers),
      await ingress.post('/hooks/ci', event, headers),
    ];
    assert.equal(one.status, 202, await one.text());
    assert.deepEqual(await problemOf(other), [429, 'rate_limited']);
  });
});
