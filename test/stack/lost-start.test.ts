import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { SlowModel } from '../support/fake-garudust/slow-model.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** `PENDING_ACTIVITY_STATE_STARTED` */
const STARTED = 2;

test('an attempt that Temporal recorded and whose answer was lost is handed back when the network returns', async (t) => {
  const server = await connectToTestServer();
  const { namespace } = server;
  const proxy = await startTcpProxy(server.address);
  t.after(() => proxy.close());
  const garudust = await startFakeGarudust({ model: new SlowModel(10) });
  t.after(() => garudust.close());
  let log = '';
  const logTo = new PassThrough();
  logTo.on('data', (chunk) => (log += String(chunk)));
  const { stack, start, callbacks, callbackUrl } = await startTestStack(t, {
    env: { GARUDUST_URL: garudust.url, GARUDUST_API_KEY: garudust.apiKey ?? '' },
    address: proxy.address,
    receiver: { failFirst: 2 },
    logTo,
    change: (config) => ({ ...config, callback: { ...config.callback, retryDelays: [4000, 4000, 4000, 4000] } }),
  });
  while (!(await stack.ready())) await sleep(50);
  const { id } = await start({ text: 'hello', callback_url: callbackUrl });
  const pending = async () => {
    const execution = { workflowId: id };
    const { pendingActivities } = await server.client.workflowService.describeWorkflowExecution({
      namespace,
      execution,
    });
    const { attempt = 0, state } = pendingActivities[0] ?? {};
    return { attempt, isStarted: Number(state) === STARTED };
  };
  await waitFor(
    'the wait between two attempts',
    async () => callbacks.length > 0 && !(await pending()).isStarted,
    30_000,
  );
  proxy.setMode('mute');
  await waitFor('an attempt that does not come', async () => (await pending()).isStarted, 30_000);
  proxy.setMode('refuse');
  await sleep(500);
  proxy.setMode('pass');
  await waitFor('the hand-back', () => log.includes('that never reached this worker'), 30_000);
  await server.client.workflow.getHandle(id).result();
  assert.equal(callbacks.length, 3, 'an attempt was made twice, or is lost');
  assert.equal(garudust.model.callsFor('hello').length, 1);
});
