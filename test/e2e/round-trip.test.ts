import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EVENTS } from '../support/run-costs.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { unversionedBuild } from '../../src/worker/worker-version.ts';
import { runList } from '../../src/protocol/run-list.ts';
import { API_KEY, startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

describe('a signed webhook becomes a run', () => {
  test('202 with the workflow ID, the answer by poll, the callback signed both ways', async (t) => {
    const { start, get, callbacks, callbackUrl } = await startTestStack(t);
    const accepted = await start({ text: 'Say hello', callback_url: callbackUrl, session_key: 's1', user_id: 'u1' });
    assert.equal(accepted.status, 'queued');
    const run = await get(accepted.id, 20);
    assert.equal(run.status, 'completed');
    assert.match(run.output ?? '', /demo agent/);
    await waitFor('the callback', () => callbacks.length === 1);
    const [callback] = callbacks;
    assert.deepEqual([callback?.signature, callback?.webhookId, callback?.body?.text], ['good', run.id, run.output]);
    const { workflowId, status } = await (await connectToTestServer()).client.workflow.getHandle(run.id).describe();
    assert.equal(workflowId, accepted.workflow_id);
    assert.match(status.name, /RUNNING|COMPLETED/);
  });

  test('what was asked stands in the answer, the run, the list and the callback', async (t) => {
    const { url, start, get, callbacks, callbackUrl } = await startTestStack(t);
    const metadata = { environment: 'production', note: 'O\u2019Brien & "Söhne" %' };
    const task = { text: '\nSay hello\nin detail', callback_url: callbackUrl, agent: 'demo', metadata };
    const accepted = await start(task, { 'Idempotency-Key': 'hello-1' });
    const asked = { summary: 'Say hello', metadata };
    const run = await get(accepted.id, 20);
    for (const shown of [accepted, run]) {
      assert.deepEqual({ summary: shown.summary, metadata: shown.metadata }, asked);
      assert.equal(shown.delivery_id, 'hello-1');
    }
    await waitFor('the callback', () => callbacks.length === 1);
    const { body } = callbacks[0] ?? {};
    assert.deepEqual({ summary: body?.summary, metadata: body?.metadata }, asked);
    const list = async (query: string): Promise<unknown[]> => {
      const headers = { Authorization: `Bearer ${API_KEY}` };
      const { runs } = runList.parse(await (await fetch(`${url}/v1/runs?${query}`, { headers })).json());
      return runs.map(({ id, summary, metadata: listed }) => [id, { summary, metadata: listed }]);
    };
    const filter = `metadata=${encodeURIComponent(`note=${metadata.note}`)}&metadata=environment%3Dproduction`;
    await waitFor('the list', async () => (await list(filter)).length === 1);
    for (const query of [filter, 'delivery_id=hello-1']) {
      assert.deepEqual(await list(query), [[run.id, asked]]);
      await sleep(600);
    }
    const { workflow } = (await connectToTestServer()).client;
    await workflow.getHandle(run.id).result();
    assert.equal((await workflow.getHandle(run.id).fetchHistory()).events?.length, EVENTS.deferred);
  });

  test('a receiver that is known to be quick has the callback within the workflow task of the answer', async (t) => {
    const { start, get, callbacks, callbackUrl } = await startTestStack(t);
    const { workflow } = (await connectToTestServer()).client;
    const costs: number[] = [];
    // On a busy machine no receiver is quick for a while.
    for (let n = 1; !costs.includes(EVENTS.atOnce); n += 1) {
      assert.ok(n <= 20, `no run cost ${EVENTS.atOnce} events: ${costs.join(', ')}`);
      const { id } = await start({ text: 'Say hello', callback_url: callbackUrl, agent: 'demo' });
      await workflow.getHandle(id).result();
      costs.push((await workflow.getHandle(id).describe()).historyLength);
      const run = await get(id);
      const { status, attempts, last_status_code: code } = run.callback;
      assert.deepEqual([run.status, status, attempts, code], ['completed', 'delivered', 1, 204]);
      const { body, signature, webhookId } = callbacks[n - 1] ?? {};
      assert.deepEqual(
        [signature, webhookId, body?.text, body?.finished_at],
        ['good', id, run.output, run.finished_at],
      );
      assert.equal(callbacks.length, n);
    }
    assert.equal(costs[0], EVENTS.deferred);
  });

  test('both vocabularies on both paths', async (t) => {
    const { url, start, get } = await startTestStack(t);
    const { id } = await start({ directive: 'Say hello', principal: 'u1', conversation_anchor: 'c1' });
    const run = await get(id, 20);
    assert.deepEqual([run.status, run.user_id, run.session_key], ['completed', 'u1', 'c1']);
    assert.equal((await fetch(`${url}/invoke`, { method: 'POST', body: '{}' })).status, 401);
  });

  test('the start is eager: one gRPC call, and the first task comes with it', async (t) => {
    const { start, get } = await startTestStack(t);
    const { id } = await start({ text: 'Say hello' });
    await get(id, 20);
    const handle = (await connectToTestServer()).client.workflow.getHandle(id);
    await handle.result();
    const history = await handle.fetchHistory();
    const started = history.events?.find(({ workflowExecutionStartedEventAttributes: attributes }) => attributes);
    assert.equal(started?.workflowExecutionStartedEventAttributes?.eagerExecutionAccepted, true);
    // What the server would add after the first task is what the start says, so it writes nothing more for its lists.
    const builds = started.workflowExecutionStartedEventAttributes.searchAttributes?.indexedFields?.['BuildIds'];
    const said: unknown = JSON.parse(Buffer.from(builds?.data ?? []).toString());
    const { searchAttributes } = await handle.describe();
    assert.deepEqual(searchAttributes['BuildIds'], said);
    assert.deepEqual(said, ['unversioned', `unversioned:${unversionedBuild()}`]);
  });
});

describe('the agent is stopped when the run is canceled', () => {
  test('within seconds, and the callback is told', async (t) => {
    const { start, get, cancel, callbacks, callbackUrl } = await startTestStack(t);
    const { id } = await start({ text: 'demo: sleep 60s', callback_url: callbackUrl });
    while ((await get(id)).status !== 'running') await sleep(50);
    assert.equal((await cancel(id)).status, 202);
    const run = await get(id, 10);
    assert.deepEqual([run.status, run.error?.code], ['canceled', 'Canceled']);
    await waitFor('the callback', () => callbacks.length === 1);
    assert.deepEqual(
      [callbacks[0]?.body?.status, callbacks[0]?.body?.text],
      ['canceled', 'Error: The run was canceled.'],
    );
    assert.equal((await cancel(id)).status, 200);
  });
});

describe('failures', () => {
  test('a task that the agent fails for good: failed by status, callback and workflow alike', async (t) => {
    const { start, get, callbacks, callbackUrl } = await startTestStack(t);
    const { id } = await start({ text: 'demo: size 3MB', callback_url: callbackUrl });
    const run = await get(id, 20);
    assert.deepEqual([run.status, run.error?.code], ['failed', 'AnswerTooLarge']);
    await waitFor('the callback', () => callbacks.length === 1);
    assert.match(callbacks[0]?.body?.text ?? '', /^Error: /);
  });

  test('a receiver that fails first gets the same body again', async (t) => {
    const { start, callbacks, callbackUrl, get } = await startTestStack(t, { receiver: { failFirst: 1 } });
    const { id } = await start({ text: 'Say hello', callback_url: callbackUrl });
    await waitFor('the second try', () => callbacks.length === 2, 20_000);
    assert.deepEqual(callbacks[0]?.body, callbacks[1]?.body);
    assert.deepEqual([callbacks[0]?.webhookId, callbacks[1]?.webhookId], [id, id]);
    let run = await get(id);
    for (let tries = 0; tries < 20 && run.callback.status !== 'delivered'; tries += 1) {
      await sleep(100);
      run = await get(id);
    }
    assert.deepEqual([run.callback.status, run.callback.attempts], ['delivered', 2]);
  });
});

describe('with Temporal away', () => {
  test('the ingress answers 503 with Retry-After, and both halves recover by themselves', async (t) => {
    const server = await connectToTestServer();
    const proxy = await startTcpProxy(server.address);
    t.after(() => proxy.close());
    proxy.setMode('refuse');
    const { post, get, url } = await startTestStack(t, { address: proxy.address });
    const key = { 'Idempotency-Key': 'the-one' };
    const refused = await post({ text: 'Say hello' }, key);
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal((await fetch(`${url}/readyz`)).status, 503);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    proxy.setMode('pass');
    let response = refused;
    for (let tries = 0; tries < 60 && response.status !== 202; tries += 1) {
      await sleep(250);
      response = await post({ text: 'Say hello' }, key);
    }
    assert.equal(response.status, 202);
    const { id } = (await response.json()) as { id: string };
    assert.equal((await get(id, 30)).status, 'completed');
  });
});
