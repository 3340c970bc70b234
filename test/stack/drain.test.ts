import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRaw } from '../support/raw-connection.ts';
import { type ReceiverAnswer, startCallbackReceiver } from '../support/callback-receiver.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { SECRET, startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

test('a stack that drains accepts what was on its way, and leaves the run to another worker', async (t) => {
  const { stack, url, taskQueue } = await startTestStack(t);
  const body = JSON.stringify({ text: 'do it' });
  const sender = await openRaw(Number(new URL(url).port));
  const headers = { ...hubHeaders(SECRET, body), 'Content-Type': 'application/json', 'Content-Length': body.length };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  sender.socket.write(['POST /webhook HTTP/1.1', 'Host: localhost', ...lines, '', body.slice(0, 5)].join('\r\n'));
  await sleep(300);
  const drained = stack.drain();
  // The worker has stopped, and is not there for an eager start.
  await sleep(1000);
  sender.socket.write(body.slice(5));
  const answer = await sender.closed();
  assert.match(answer, /^HTTP\/1\.1 202 /);
  await drained;
  const next = await startTestStack(t, { taskQueue });
  const { id } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { id: string };
  assert.equal((await next.get(id, 30)).status, 'completed');
});

/** A stack whose receiver is known to answer quickly, so that it gets first tries, and takes `afterMs` from now on. */
async function startFirstTry(t: TestContext, afterMs: number, shutdownGrace: number) {
  const { client } = await connectToTestServer();
  const { stack, start, taskQueue } = await startTestStack(t, {
    change: (config) => ({ ...config, worker: { ...config.worker, shutdownGrace } }),
  });
  let answer: ReceiverAnswer = { status: 204 };
  const receiver = await startCallbackReceiver(t, () => answer);
  const run = async (): Promise<string> => (await start({ text: 'do it', callback_url: receiver.url })).id;
  const isFirstTry = async (id: string): Promise<boolean> => {
    await client.workflow.getHandle(id).result();
    const { events } = await client.workflow.getHandle(id).fetchHistory();
    return !JSON.stringify(events).includes('deliverCallback');
  };
  for (let n = 0; !(await isFirstTry(await run())); n += 1) assert.ok(n < 20, 'the receiver is never quick');
  receiver.received.length = 0;
  answer = { status: 204, afterMs };
  const id = await run();
  await waitFor('the callback', () => receiver.received.length === 1);
  const startedAt = performance.now();
  await stack.drain();
  const drainedMs = performance.now() - startedAt;
  answer = { status: 204 };
  const next = await startTestStack(t, { taskQueue });
  await waitFor('the delivery', async () => (await next.get(id)).callback.status === 'delivered', 30_000);
  return { received: receiver.received, drainedMs };
}

// After 8 s of its ten, the SDK extends the workflow task.
for (const seconds of [4, 12]) {
  test(`a worker that stops waits for a first try of ${seconds} s, and the callback is sent once`, async (t) => {
    const { received } = await startFirstTry(t, seconds * 1000, 25_000);
    assert.equal(received.length, 1);
  });
}

test('a worker that stops aborts a first try at the end of its grace, and the next one sends the callback', async (t) => {
  const { received, drainedMs } = await startFirstTry(t, 14_000, 2000);
  assert.equal(received.length, 2);
  assert.ok(drainedMs < 5000, `drained after ${drainedMs} ms`);
});
