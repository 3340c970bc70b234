import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_AGENT_POLICY } from '../../src/contract/agent-policy.ts';
import { deriveCollectMark, deriveSessionId } from '../../src/contract/session-id.ts';
import type { SessionPolicy } from '../../src/contract/session.ts';
import { planTask } from '../../src/ingress/tasks/accept-task.ts';
import { type Problem, ProblemError } from '../../src/protocol/problem-error.ts';
import { sessionResource } from '../../src/protocol/session-resource.ts';
import { ALPHA, startTestIngress, type TestIngress } from '../support/test-ingress.ts';

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
      ingress.ask(`/v1/sessions/${'x'.repeat(10_000)}`),
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

  test('has the policy of the source, else of the client, else of the agent, else `queue`', async () => {
    const policyOf = async (bySource?: SessionPolicy, byClient?: SessionPolicy, byAgent?: SessionPolicy) => {
      const plan = await planTask(
        { client: 'alpha', source: 'webhook' },
        {
          request: { text: 'do it', sessionKey: 'mine' },
          fields: { url: 'callback_url', user: 'user_id' },
          ...{ deliveryId: undefined, fingerprint: '', sessionPolicy: bySource },
        },
        {
          clients: [{ ...ALPHA, ...(byClient && { sessionPolicy: byClient }) }],
          agents: new Map([['demo', DEFAULT_AGENT_POLICY]]),
          defaultAgent: 'demo',
          agentSessions: new Map([['demo', byAgent ? { policy: byAgent } : {}]]),
          callback: { permitNetworks: [], retryDelays: [], attemptTimeout: 1, deadLetter: 1 },
          checkUrl: () => Promise.reject(new Error('no URL is given')),
        },
      );
      return plan.sessionPolicy;
    };
    assert.deepEqual(
      [
        await policyOf('collect', 'reject', 'interrupt'),
        await policyOf(undefined, 'reject', 'interrupt'),
        await policyOf(undefined, undefined, 'interrupt'),
        await policyOf(),
      ],
      ['collect', 'reject', 'interrupt', 'queue'],
    );
  });

  test('tells it what the operator permits, and what its agent wants', async (t) => {
    const recalls = { turns: 4, forMs: 60_000 };
    const ingress = await startTestIngress(t, {
      sessionQueue: 7,
      agentSessions: new Map([['demo', { policy: 'collect', recalls }]]),
    });
    await send(ingress, { session_key: 'mine', text: 'ü' });
    const { id: _, ...wishes } = ingress.runs.started[0]?.input.session ?? { id: '' };
    const collects = { as: deriveCollectMark('demo', undefined), bytes: 2 };
    assert.deepEqual(wishes, { recalls, mostQueued: 7, collects });
  });

  test('that is full is a 429 with Retry-After', async (t) => {
    const ingress = await startTestIngress(t);
    ingress.runs.failure = new ProblemError('session_full', 'Too many runs wait.');
    const response = await send(ingress, { session_key: 'mine' });
    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '5']);
  });

  test('of two clients is two sessions', () => {
    assert.notEqual(deriveSessionId('a', 'b:c'), deriveSessionId('a:b', 'c'));
    assert.match(deriveSessionId('a', 'x'.repeat(512)), /^session-[0-9a-f]{32}$/);
  });
});
