import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { runResource } from '../../src/protocol/run-resource.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { startTestStack, type TestStack, type TestStackOptions } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const PUBLIC_URL = 'https://agents.example.com/base';
const LINKS = { PUBLIC_URL, ANSWER_LINK_SECRET: 'a secret of links' };

/** A run of a source whose tasks a person approves, and the ingress that serves its links. */
async function startAsked(t: TestContext, options: TestStackOptions): Promise<TestStack & { readonly id: string }> {
  const stack = await startTestStack(t, {
    ...options,
    change: (config) => ({
      ...config,
      sources: sourcesOf({
        name: 'deploys',
        preset: 'generic',
        unsigned: true,
        client: config.clients[0]?.id ?? '',
        map: { text: 'Deploy {{ event.version }}', callback_url: '{{ event.callback_url }}' },
        approval: { required: true, question: 'Deploy it?', timeout: 3_600_000, default: 'refuse' },
      }),
    }),
  });
  const sent = await fetch(`${stack.url}/hooks/deploys`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ version: 4312, callback_url: stack.callbackUrl }),
  });
  const { id } = runResource
    .pick({ id: true })
    .strip()
    .parse(await sent.json());
  await waitFor('the question', async () => (await stack.get(id)).status === 'input_required', 20_000);
  return { ...stack, id };
}

test('the caller is told of the question until it takes it, and the link in it decides once', async (t) => {
  const env = { ...LINKS, CALLBACK_QUESTIONS: 'true' };
  const { id, ...stack } = await startAsked(t, { env, receiver: { failFirst: 1 } });
  await waitFor('the second attempt', () => stack.callbacks.length === 2, 20_000);
  const [first, second] = stack.callbacks;
  assert.deepEqual([first?.answered, second?.answered, second?.signature, second?.body], [500, 204, 'good', undefined]);
  assert.match(second?.webhookId ?? '', new RegExp(`^${id}-asked-1-[a-z0-9]+$`));
  assert.deepEqual([first?.webhookId, first?.question], [second?.webhookId, second?.question]);
  const { question, ...told } = second?.question ?? assert.fail('no question was told');
  assert.deepEqual(told, {
    run_id: id,
    status: 'input_required',
    session_key: null,
    summary: 'Deploy 4312',
    links: { self: `${PUBLIC_URL}/v1/runs/${id}`, input: `${PUBLIC_URL}/v1/runs/${id}/input` },
  });
  const run = await stack.get(id);
  assert.deepEqual([run.questions, run.callback.status], [[question], 'pending']);

  const link = question.link ?? assert.fail('no link');
  assert.ok(link.startsWith(`${PUBLIC_URL}/answers/`));
  const served = link.replace(PUBLIC_URL, stack.url);
  for (let scans = 0; scans < 3; scans += 1) assert.equal((await fetch(served)).status, 200);
  assert.equal((await stack.get(id)).status, 'input_required');

  const answers = await Promise.all(
    ['approve', 'refuse'].map((answer) =>
      fetch(served, { method: 'POST', body: new URLSearchParams({ answer, by: `who says ${answer}` }) }),
    ),
  );
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((one, other) => one - other),
    [200, 409],
  );
  const ended = await stack.get(id, 30);
  const [asked] = ended.questions ?? [];
  assert.deepEqual([ended.terminal, asked?.via, asked?.link], [true, 'link', undefined]);
  assert.equal(ended.status, asked?.answer === 'approve' ? 'completed' : 'failed');
  await waitFor('the outcome', () => stack.callbacks.length === 3, 15_000);
  assert.deepEqual([stack.callbacks[2]?.webhookId, stack.callbacks[2]?.body?.status], [id, ended.status]);
  assert.match(await (await fetch(served)).text(), /<bdi>who says \w+<\/bdi> answered at/);

  const { client } = await connectToTestServer();
  const history = JSON.stringify(historyToJSON(await client.workflow.getHandle(id).fetchHistory()));
  assert.ok(history.includes('deliverQuestion'));
  assert.ok(!history.includes('/answers/') && !history.includes(btoa('/answers/').slice(0, 10)));
});

test('a receiver that nobody has prepared hears of outcomes alone; the run has its link', async (t) => {
  const { id, ...stack } = await startAsked(t, { env: LINKS });
  const link = (await stack.get(id)).questions?.[0]?.link ?? assert.fail('no link');
  const form = { method: 'POST', body: new URLSearchParams({ answer: 'approve' }) };
  assert.equal((await fetch(link.replace(PUBLIC_URL, stack.url), form)).status, 200);
  await waitFor('the outcome', () => stack.callbacks.length > 0, 20_000);
  assert.deepEqual(
    stack.callbacks.map(({ body }) => body?.status),
    ['completed'],
  );
});

test('there is no link without a secret of links', async (t) => {
  const { id, ...stack } = await startAsked(t, { env: { PUBLIC_URL } });
  const [question] = (await stack.get(id)).questions ?? [];
  assert.deepEqual([question?.status, question?.link], ['open', undefined]);
});
