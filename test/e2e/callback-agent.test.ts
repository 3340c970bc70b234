import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import type { Config } from '../../src/config/config.ts';
import { readEvents } from '../support/read-events.ts';
import { startHttpServer } from '../support/http-server.ts';
import { API_KEY, startTestStack, type TestStackOptions } from '../support/start-test-stack.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const SECRET = 'the-secret-of-completions';
const CANARY = 'canary-of-the-desk';

interface Handed {
  readonly text: string;
  readonly run_id: string;
  readonly session_key: string;
  readonly completion_url: string;
  readonly progress_url: string;
}

/** A stack whose one agent is a desk that takes every task and answers nothing by itself. */
async function setUp(t: TestContext, settings: object = {}) {
  const handed: Handed[] = [];
  const url = await startHttpServer(t, (request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      handed.push(JSON.parse(Buffer.concat(chunks).toString()) as Handed);
      response.writeHead(202).end();
    })();
  });
  const port = await freePort();
  const taskQueue = uniqueTaskQueue(t);
  const change = (config: Config): Config => {
    const [first] = config.agents;
    assert.ok(first);
    const desk = { url, completionUrl: `http://127.0.0.1:${port}`, completionSecret: [SECRET] };
    const agent = { ...first, name: 'desk', type: 'callback', heartbeatTimeout: 5000, ...desk, ...settings };
    return { ...config, agents: [agent], defaultAgent: 'desk' };
  };
  const start = (options: TestStackOptions = {}) => startTestStack(t, { taskQueue, change, ...options });
  const stack = await start({ change: (config) => ({ ...change(config), port }) });
  const task = async (index = 0): Promise<Handed> => {
    await waitFor('the task at the desk', () => handed.length > index);
    const [one] = handed.slice(index);
    assert.ok(one);
    return one;
  };
  return { ...stack, handed, task, start };
}

/** Posts a completion, and tells status and problem. */
async function complete(url: string, body: unknown): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  const { code = 'taken' } = (await response.json()) as { code?: string };
  return `${response.status} ${code}`;
}

describe('an agent that answers later', () => {
  test('is given a URL for its answer, which is taken once', async (t) => {
    const { post, get, task, callbacks, callbackUrl, ...stack } = await setUp(t);
    const accepted = await post({ text: 'Approve the invoice', callback_url: callbackUrl });
    const { id } = (await accepted.json()) as { id: string };
    const { text, run_id: runId, completion_url: url } = await task();
    assert.deepEqual([text, runId], ['Approve the invoice', id]);
    assert.equal((await get(id)).status, 'running');
    const forged = url.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    assert.equal(await complete(forged, { output: 'no' }), '404 not_found');
    assert.equal(await complete(`${stack.url}/calls/x`, { output: 'no' }), '404 not_found');
    assert.equal(await complete(url, 'not JSON'), '400 malformed_json');
    assert.equal(await complete(url, { outptu: 'no' }), '422 invalid_parameter');
    assert.equal(await complete(url, { output: 'no', error: 'no' }), '422 invalid_parameter');
    assert.equal(await complete(url, { output: 'x'.repeat(3_000_000) }), '413 body_too_large');
    const answer = { output: 'approved \ud800', usage: { output_tokens: 7 } };
    assert.equal(await complete(url, answer), '200 taken');
    assert.equal(await complete(url, { output: 'again' }), '409 call_over');
    const run = await get(id, 20);
    assert.deepEqual([run.status, run.output, run.usage?.output_tokens], ['completed', 'approved \ufffd', 7]);
    await waitFor('the callback', () => callbacks.length === 1);
    assert.equal(await complete(url, { output: 'late' }), '409 call_over');
  });

  test('shows what it posts of its progress, until its call is over', async (t) => {
    const { post, get, task, ...stack } = await setUp(t);
    const { id } = (await (await post({ text: 'Read the invoice' })).json()) as { id: string };
    const { completion_url: url, progress_url: progressUrl } = await task();
    assert.equal(progressUrl, `${url}/progress`);
    let streamed = '';
    const following = (async () => {
      const headers = { Authorization: `Bearer ${API_KEY}` };
      const response = await fetch(`${stack.url}/v1/runs/${id}/events`, { headers });
      for await (const { event, data } of readEvents(response)) {
        if (event === 'text') streamed += (data as { text: string }).text;
      }
    })();
    assert.equal(await complete(progressUrl, { progress: 'reads page 3', percent: 42.4, text: 'It is ' }), '200 taken');
    // Longer than the worker is silent: its own heartbeat keeps what was posted.
    await sleep(5000);
    assert.equal((await get(id)).agent?.progress, '42 %: reads page 3');
    for (const text of ['an invoice ', 'of May', '.']) {
      assert.equal(await complete(progressUrl, { text }), '200 taken');
      await sleep(1200);
    }
    const { status, agent } = await get(id);
    assert.deepEqual(
      [status, agent?.attempt, agent?.progress, agent?.text],
      ['running', 1, '42 %: reads page 3', { offset: 0, text: 'It is an invoice of May.' }],
    );
    const { client } = await connectToTestServer();
    const [pending] = (await client.workflow.getHandle(id).describe()).raw.pendingActivities ?? [];
    const details = Buffer.from(pending?.heartbeatDetails?.payloads?.[0]?.data ?? '').toString();
    assert.match(details, /"posted":\{"call":1,"number":4,"progress":"42 %: reads page 3"/);

    const forged = `${url.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))}/progress`;
    assert.equal(await complete(forged, { progress: 'no' }), '404 not_found');
    assert.equal(await complete(progressUrl, {}), '422 invalid_parameter');
    assert.equal(await complete(progressUrl, { percent: 101 }), '422 invalid_parameter');
    assert.equal(await complete(progressUrl, { text: 'x'.repeat(5000) }), '422 invalid_parameter');
    assert.equal(await complete(progressUrl, { text: 'x'.repeat(40_000) }), '413 body_too_large');
    const many = await Promise.all(Array.from({ length: 8 }, () => complete(progressUrl, { progress: 'busy' })));
    assert.ok(many.includes('429 rate_limited'), many.join());
    await waitFor('the text in the event stream', () => streamed === 'It is an invoice of May.', 10_000);
    assert.equal(await complete(url, { output: 'It is an invoice of May.' }), '200 taken');
    await following;
    assert.equal((await get(id, 20)).status, 'completed');
    await sleep(5000);
    assert.equal(await complete(progressUrl, { progress: 'late' }), '409 call_over');
  });

  test('keeps its progress through a change of workers, and is told that nobody looks in between', async (t) => {
    const { start, post, task, ...first } = await setUp(t);
    const { id } = (await (await post({ text: 'Take your time' })).json()) as { id: string };
    const { progress_url: url } = await task();
    const ingress = await start({ roles: { ingress: true, worker: false } });
    const here = url.replace(/^http:\/\/[^/]+/, ingress.url);
    assert.equal(await complete(here, { progress: 'began' }), '200 taken');
    await first.stack.drain();
    await waitFor('the end of the attempt', async () => (await ingress.get(id)).agent?.progress === undefined);
    const response = await fetch(here, { method: 'POST', body: JSON.stringify({ progress: 'unheard' }) });
    assert.deepEqual([response.status, await response.json()], [200, { run_id: id, call: 1, taken: false }]);
    const next = await start();
    await waitFor('the next attempt', async () => (await next.get(id)).agent?.progress === 'began', 10_000);
    await sleep(3000);
    assert.equal((await next.get(id)).agent?.progress, 'began');
    assert.equal(await complete(here, { progress: 'goes on' }), '200 taken');
    assert.equal((await next.get(id)).agent?.progress, 'goes on');
  });

  test('fails the run, with nothing of what it says', async (t) => {
    const { post, get, task } = await setUp(t);
    const { id } = (await (await post({ text: 'Approve it' })).json()) as { id: string };
    assert.equal(await complete((await task()).completion_url, { error: CANARY }), '200 taken');
    const run = await get(id, 20);
    assert.deepEqual([run.status, run.error?.code], ['failed', 'AgentFailed']);
    const { client } = await connectToTestServer();
    const history = await client.workflow.getHandle(id).fetchHistory();
    assert.ok(!JSON.stringify([run, history]).includes(CANARY));
  });

  test('is too late when the call has timed out, was canceled, or was repeated', async (t) => {
    const {
      start: _,
      post,
      get,
      cancel,
      task,
    } = await setUp(t, { attemptTimeout: 2000, maxAttempts: 2, retryDelay: 500 });
    const { id } = (await (await post({ text: 'Be quick' })).json()) as { id: string };
    const { completion_url: first } = await task();
    const { completion_url: second } = await task(1);
    assert.notEqual(first, second);
    assert.equal(await complete(first, { output: 'for the first call' }), '409 call_over');
    assert.equal(await complete(second, { output: 'for the second call' }), '200 taken');
    assert.equal((await get(id, 20)).output, 'for the second call');
    const other = (await (await post({ text: 'Never mind' })).json()) as { id: string };
    const { completion_url: canceled } = await task(2);
    await cancel(other.id);
    assert.equal((await get(other.id, 20)).status, 'canceled');
    assert.equal(await complete(canceled, { output: 'too late' }), '409 call_over');
  });

  test('keeps the task when its worker goes, and answers while there is none', async (t) => {
    const { start, post, task, handed, ...first } = await setUp(t);
    const ids: string[] = [];
    for (const text of ['One', 'Two']) ids.push(((await (await post({ text })).json()) as { id: string }).id);
    await task(1);
    const ingress = await start({ roles: { ingress: true, worker: false } });
    await first.stack.drain();
    const move = ({ completion_url: url }: Handed): string => url.replace(/^http:\/\/[^/]+/, ingress.url);
    assert.equal(await complete(move(await task()), { output: 'while there was no worker' }), '200 taken');
    const next = await start();
    await sleep(2000);
    assert.equal(await complete(move(await task(1)), { output: 'with another worker' }), '200 taken');
    const outputs = await Promise.all(ids.map(async (id) => (await next.get(id, 20)).output));
    const expected = handed.slice(0, 2).map(({ text }) => ids[['One', 'Two'].indexOf(text)] ?? '');
    assert.deepEqual(
      expected.map((id) => outputs[ids.indexOf(id)]),
      ['while there was no worker', 'with another worker'],
    );
    assert.equal(handed.length, 2, 'nothing is handed over twice');
  });
});
