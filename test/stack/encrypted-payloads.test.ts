/** Payload encryption through ingress, worker, journal and callbacks, on a real Temporal server. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, test, type TestContext } from 'node:test';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../../src/cli/temporal-server/start-dev-server.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { EVENTS } from '../support/run-costs.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { API_KEY, startTestStack, type TestStackOptions } from '../support/start-test-stack.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const newKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const withKeys = (keys: string): TestStackOptions => ({ env: { PAYLOAD_KEYS: keys } });
const AUTHORIZED = { headers: { Authorization: `Bearer ${API_KEY}` } };

/** What no dump may hold; each stands in one place alone. */
const CANARIES = {
  task: 'canary-of-the-task',
  answer: 'canary-of-the-answer',
  callbackUrl: 'canary-of-the-callback-url',
  secret: 'canary-of-the-callback-secret',
};

/** What docs/payloads.md says that a dump holds all the same: search attributes, and texts of failures. */
const READABLE = ['canary-of-the-session', 'canary-of-the-user', 'canary-of-the-metadata', '127.0.0.1 answered 401'];

/** Which of them the database of a Temporal server holds, after a run that met all. */
async function findInDatabase(t: TestContext, env: Record<string, string>): Promise<string[]> {
  const folder = temporaryFolder(t);
  const { path: cliPath } = await findTemporalCli({ env: process.env });
  const server = await startDevServer({ cliPath, databaseFile: join(folder, 'temporal.db'), headless: true });
  t.after(() => server.stop());
  const { stack, url, get, callbacks, callbackUrl } = await startTestStack(t, {
    address: server.address,
    env: { ...env, CALLBACK_SECRET: CANARIES.secret },
    change: (config) => ({
      ...config,
      sources: sourcesOf({
        name: 'alerts',
        scheme: 'github',
        secret: [CANARIES.secret],
        client: config.clients[0]?.id ?? '',
        map: {
          text: '{{ event.text }}',
          callback_url: '{{ event.url }}',
          metadata: { host: '{{ event.host }}' },
          session_key: '{{ event.session }}',
          user_id: '{{ event.user }}',
        },
      }),
    }),
  });
  await waitFor('the worker', () => stack.ready(), 30_000);
  const body = JSON.stringify({
    text: `${CANARIES.task}\ndemo: say ${CANARIES.answer}`,
    url: `${callbackUrl}?token=${CANARIES.callbackUrl}`,
    host: READABLE[2],
    session: READABLE[0],
    user: READABLE[1],
  });
  const accepted = await fetch(`${url}/hooks/alerts`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...hubHeaders(CANARIES.secret, body) },
  });
  const { id } = (await accepted.json()) as { id: string };
  const run = await get(id, 30);
  assert.deepEqual([run.status, run.output], ['completed', CANARIES.answer]);
  // Its receiver does not know the secret and refuses, so that failures and the late callback are in the database too.
  await waitFor('the refused callback', async () => (await get(id)).callback.status === 'retrying', 20_000);
  assert.equal(callbacks[0]?.body?.text, CANARIES.answer);
  await stack.drain();
  await server.stop();
  const database = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  assert.ok(database.includes(id), 'the database has the run');
  return [...Object.values(CANARIES), ...READABLE].filter((canary) => database.includes(canary));
}

describe('a dump of the database', () => {
  test('holds task, answer and callback URL without a key', async (t) => {
    const { task, answer, callbackUrl } = CANARIES;
    assert.deepEqual(await findInDatabase(t, {}), [task, answer, callbackUrl, ...READABLE]);
  });

  test('holds none of them with one, but what has to stay readable', async (t) => {
    assert.deepEqual(await findInDatabase(t, { PAYLOAD_KEYS: newKey('k1') }), READABLE);
  });
});

describe('payload keys', () => {
  test('leave the run, the list and the events as they are, and its history as long', async (t) => {
    const stack = await startTestStack(t, {
      ...withKeys(newKey('k1')),
      // A turn would add events of its own.
      change: (config) => ({
        ...config,
        clients: config.clients.map((client) => ({ ...client, sessionPolicy: 'parallel' as const })),
      }),
    });
    const createdAfter = new Date().toISOString();
    const { id } = await stack.start({ text: 'demo: say yes', callback_url: stack.callbackUrl, session_key: 's1' });
    const run = await stack.get(id, 20);
    assert.deepEqual([run.status, run.output, run.session_key], ['completed', 'yes', 's1']);
    await waitFor('the callback', () => stack.callbacks.length === 1);
    assert.deepEqual([stack.callbacks[0]?.signature, stack.callbacks[0]?.body?.text], ['good', 'yes']);
    const events = await fetch(`${stack.url}/v1/runs/${id}/events`, AUTHORIZED);
    assert.match(await events.text(), /"output":"yes"/);
    const lists = `${stack.url}/v1/runs?limit=100&created_after=${createdAfter}`;
    await waitFor(
      'the list',
      async () => {
        // Refused while other tests use up Temporal's lists.
        const list = (await (await fetch(lists, AUTHORIZED)).json()) as { runs?: { id: string }[] };
        return (list.runs ?? []).some((listed) => listed.id === id);
      },
      20_000,
    );
    const server = await connectToTestServer();
    const handle = server.client.workflow.getHandle(id);
    await waitFor('its end', async () => (await stack.get(id)).callback.status === 'delivered');
    const history = await handle.fetchHistory();
    assert.equal(history.events?.length, EVENTS.deferred);
    const stored = (history.events ?? []).flatMap((event) => [
      ...(event.workflowExecutionStartedEventAttributes?.input?.payloads ?? []),
      ...Object.values(event.workflowExecutionStartedEventAttributes?.memo?.fields ?? {}),
      ...(event.activityTaskScheduledEventAttributes?.input?.payloads ?? []),
      ...(event.activityTaskCompletedEventAttributes?.result?.payloads ?? []),
      ...(event.markerRecordedEventAttributes?.details?.['result']?.payloads ?? []),
      ...(event.workflowExecutionCompletedEventAttributes?.result?.payloads ?? []),
      ...[event.userMetadata?.summary, event.userMetadata?.details].filter((text) => text != null),
    ]);
    assert.ok(stored.length > 10);
    for (const { metadata } of stored) {
      const found = ['encoding', 'encryption-workflow-id'].map((name) =>
        Buffer.from(metadata?.[name] ?? []).toString(),
      );
      assert.deepEqual(found, ['binary/garudust-encrypted', id], 'encrypted, and bound to the run');
    }
  });

  test('keep old runs readable, rotate, and say which key is missing', async (t) => {
    const [k1, k2] = [newKey('k1'), newKey('k2')];
    // Other tests have runs of the same client.
    const begun = new Date(Date.now() - 1000).toISOString();
    const lines: string[] = [];
    const logTo = new Writable({
      write(chunk: Buffer, _, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const taskQueue = uniqueTaskQueue(t);
    const plain = await startTestStack(t, { taskQueue });
    const old = await plain.start({ text: 'demo: say plain' });
    assert.equal((await plain.get(old.id, 20)).output, 'plain');
    await plain.stack.drain();

    const first = await startTestStack(t, { taskQueue, ...withKeys(k1) });
    const one = await first.start({ text: 'demo: say one' });
    assert.equal((await first.get(one.id, 20)).output, 'one');
    assert.equal((await first.get(old.id)).output, 'plain');
    await first.stack.drain();

    const rotated = await startTestStack(t, { taskQueue, ...withKeys(`${k2},${k1}`) });
    const two = await rotated.start({ text: 'demo: say two' });
    assert.equal((await rotated.get(two.id, 20)).output, 'two');
    assert.equal((await rotated.get(one.id)).output, 'one');
    assert.equal((await rotated.get(old.id)).output, 'plain');
    await rotated.stack.drain();

    const retired = await startTestStack(t, { taskQueue, ...withKeys(k2), logTo });
    assert.equal((await retired.get(two.id)).output, 'two');
    const response = await fetch(`${retired.url}/v1/runs/${one.id}`, AUTHORIZED);
    const problem = (await response.json()) as Problem;
    assert.deepEqual([response.status, problem.code], [503, 'payload_unreadable']);
    assert.doesNotMatch(problem.detail, /k1/);
    const listed = await (await fetch(`${retired.url}/v1/runs?limit=100&created_after=${begun}`, AUTHORIZED)).text();
    assert.ok(listed.includes(two.id) && !listed.includes(one.id), 'the list has what can be read');
    assert.ok(lines.some((text) => text.includes('left a run out of a list')));
    const [line = ''] = lines.filter((text) => text.includes('cannot read a run'));
    assert.match(line, /encrypted with the key \\"k1\\", which PAYLOAD_KEYS .* does not list/);
    assert.doesNotMatch(line, /\bat /, 'no stack trace');
  });

  test('keep the answer of one run out of another, for whoever can call Temporal without a key', async (t) => {
    const stack = await startTestStack(t, withKeys(newKey('k1')));
    const { client, namespace } = await connectToTestServer();
    const theirs = await stack.start({ text: 'demo: say theirs' });
    assert.equal((await stack.get(theirs.id, 20)).output, 'theirs');
    const { events } = await client.workflow.getHandle(theirs.id).fetchHistory();
    const answered = events?.find((event) => event.activityTaskCompletedEventAttributes);
    const { id } = await stack.start({ text: 'demo: sleep 60s', callback_url: stack.callbackUrl });
    await waitFor('the agent', async () => (await stack.get(id)).status === 'running', 20_000);
    await client.workflowService.respondActivityTaskCompletedById({
      ...{ namespace, workflowId: id, activityId: 'agent' },
      result: answered?.activityTaskCompletedEventAttributes?.result ?? null,
    });
    const response = await fetch(`${stack.url}/v1/runs/${id}`, AUTHORIZED);
    const problem = (await response.json()) as Problem;
    assert.deepEqual([response.status, problem.code], [503, 'payload_unreadable']);
    await client.workflow.getHandle(id).terminate();
    assert.deepEqual(stack.callbacks, []);
  });

  test('send a dead letter again', async (t) => {
    const stack = await startTestStack(t, { ...withKeys(newKey('k1')), receiver: { status: 410, failFirst: 0 } });
    const other = await startTestStack(t, { roles: { ingress: true, worker: false } });
    const { id } = await stack.start({ text: 'demo: say again', callback_url: stack.callbackUrl });
    await waitFor('the dead letter', async () => (await stack.get(id)).callback.status === 'dead', 20_000);
    const redelivered = await fetch(`${stack.url}/v1/runs/${id}/redeliver`, {
      ...{ method: 'POST', body: JSON.stringify({ callback_url: other.callbackUrl }) },
      headers: { ...AUTHORIZED.headers, 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
    });
    assert.equal(redelivered.status, 202);
    await waitFor('the callback', () => other.callbacks.length === 1, 20_000);
    assert.equal(other.callbacks[0]?.body?.text, 'again');
  });
});
