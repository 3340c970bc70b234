import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deriveSessionId } from '../../src/contract/session-id.ts';
import type { Problem } from '../../src/protocol/problems.ts';
import { sessionResource } from '../../src/protocol/session-resource.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';

async function send(ingress: TestIngress, task: object): Promise<Response> {
  return ingress.post('/webhook', JSON.stringify({ text: 'do it', ...task }));
}

describe('a session', () => {
  test('is known by its key alone: current run, queue and last runs', async (t) => {
    const ingress = await startTestIngress(t);
    const key = 'C123/17.4 ü';
    assert.equal((await send(ingress, { session_key: key })).status, 202);
    ingress.runs.sessions.set(key, { current: 'run-a', queue: ['run-b', 'run-c'] });
    const response = await ingress.ask(`/v1/sessions/${encodeURIComponent(key)}`);
    assert.equal(response.status, 200);
    const session = sessionResource.parse(await response.json());
    assert.deepEqual([session.key, session.current, session.queue], [key, 'run-a', ['run-b', 'run-c']]);
    assert.equal(session.runs.length, 1);
  });

  test('that is unknown, foreign or impossible is the same 404', async (t) => {
    const ingress = await startTestIngress(t);
    await send(ingress, { session_key: 'mine' });
    const beta = { headers: { Authorization: 'Bearer beta-key' } };
    const answers = await Promise.all([
      ingress.ask('/v1/sessions/mine', beta),
      ingress.ask('/v1/sessions/unknown'),
      ingress.ask(`/v1/sessions/${'x'.repeat(513)}`),
      ingress.ask('/v1/sessions/%00'),
      ingress.ask('/v1/sessions/mine', { ...beta, method: 'DELETE' }),
    ]);
    const bodies = await Promise.all(answers.map(async (one) => ((await one.json()) as Problem).detail));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [404, 404, 404, 404, 404],
    );
    assert.equal(new Set(bodies).size, 1);
    assert.ok(!ingress.runs.calls.some((call) => call.startsWith('emptySession')));
  });

  test('is emptied by DELETE, which needs a key', async (t) => {
    const ingress = await startTestIngress(t);
    await send(ingress, { session_key: 'mine' });
    ingress.runs.sessions.set('mine', { current: 'run-a', queue: ['run-b'] });
    const denied = await ingress.ask('/v1/sessions/mine', { method: 'DELETE', headers: { Authorization: '' } });
    assert.equal(denied.status, 401);
    const response = await ingress.ask('/v1/sessions/mine', { method: 'DELETE' });
    assert.equal(response.status, 200);
    assert.deepEqual(sessionResource.parse(await response.json()).queue, []);
    assert.ok(ingress.runs.calls.some((call) => /^emptySession \S+ mine$/.test(call)));
  });

  test('has a key of at most 512 characters: a longer one is a 422 in words', async (t) => {
    const ingress = await startTestIngress(t);
    const response = await send(ingress, { session_key: 'x'.repeat(10_000) });
    assert.equal(response.status, 422);
    const problem = (await response.json()) as Problem;
    assert.match(problem.detail, /^session_key: is longer than 512 characters/);
  });

  test('is where a task with a key takes its turn; a task without one has none', async (t) => {
    const ingress = await startTestIngress(t);
    await send(ingress, { session_key: 'mine' });
    await send(ingress, {});
    const [keyed, other] = ingress.runs.started;
    assert.ok(keyed);
    assert.deepEqual(keyed.input.session, { id: deriveSessionId(keyed.memo.client, 'mine') });
    assert.equal(keyed.sessionPolicy, 'queue');
    assert.deepEqual([other?.input.session, other?.sessionPolicy], [undefined, undefined]);
  });

  test('of two clients is two sessions', () => {
    assert.notEqual(deriveSessionId('a', 'b:c'), deriveSessionId('a:b', 'c'));
    assert.match(deriveSessionId('a', 'x'.repeat(512)), /^session-[0-9a-f]{32}$/);
  });
});
