import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../src/config/config.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { SlowModel } from '../support/fake-garudust/slow-model.ts';
import { type Random, seededRandom } from '../support/seeded-random.ts';
import { SECRET, startTestStack } from '../support/start-test-stack.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';
import { WebhookSender } from './webhook-sender.ts';

const RUNS = 80;
const THINK_MS = 300;
const TROUBLE_MS = 15_000;
/** Which fault is an outage that no answer survives, whatever the seed. */
const LONG_OUTAGE = 2;
/** What a sender is promised. */
const ANSWER_MS = 3000;
/** Longer than the trouble may hold anything back, and short enough to wait for. */
const HEARTBEAT_TIMEOUT_MS = 8000;

function between(least: number, most: number, random: Random): number {
  return Math.round(least + random() * (most - least));
}

/** Resets, delays and outages of the network, one after the other, some shorter and some longer than a sender is kept waiting. */
async function makeTrouble(proxy: TcpProxy, random: Random): Promise<number> {
  let faults = 0;
  for (const end = Date.now() + TROUBLE_MS; Date.now() < end; faults += 1) {
    const kind = faults === LONG_OUTAGE ? 1 : random();
    if (kind < 0.35) {
      proxy.cut();
    } else if (kind < 0.65) {
      proxy.setDelay(between(20, 400, random));
      await sleep(between(300, 1000, random));
      proxy.setDelay(0);
    } else if (kind < 0.9) {
      proxy.setMode('hold');
      await sleep(between(100, 1500, random));
    } else {
      proxy.setMode('hold');
      await sleep(4000);
      proxy.cut();
    }
    proxy.setMode('pass');
    await sleep(between(100, 600, random));
  }
  return faults;
}

function withHeartbeat(config: Config): Config {
  const agents = config.agents.map((agent) => ({
    ...agent,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  }));
  return { ...config, agents };
}

test('a bad network to Temporal loses no run, doubles none, and keeps no sender waiting', async (t) => {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 1e6));
  const random = seededRandom(seed);
  const server = await connectToTestServer();
  const proxy = await startTcpProxy(server.address);
  t.after(() => proxy.close());
  const garudust = await startFakeGarudust({ model: new SlowModel(THINK_MS) });
  t.after(() => garudust.close());
  const { url, stack, taskQueue, callbacks, callbackUrl } = await startTestStack(t, {
    env: { GARUDUST_URL: garudust.url, GARUDUST_API_KEY: garudust.apiKey ?? '' },
    address: proxy.address,
    change: withHeartbeat,
  });
  while (!(await stack.ready())) await sleep(50);

  const stalls = monitorEventLoopDelay({ resolution: 10 });
  stalls.enable();
  const sender = new WebhookSender({ url, secret: SECRET, callbackUrl });
  const patience = AbortSignal.timeout(TROUBLE_MS + 120_000);
  const send = async (index: number) => {
    await sleep(random() * TROUBLE_MS);
    return sender.send(`webhook-${index}`, `Task ${index}`, patience);
  };
  const sending = Promise.all(Array.from({ length: RUNS }, (_, index) => send(index)));
  const faults = await makeTrouble(proxy, random);
  const accepted = await sending;
  stalls.disable();
  const runIds = accepted.map(({ runId }) => runId);
  const took = (): ReadonlySet<unknown> => new Set(callbacks.map(({ webhookId }) => webhookId));
  await waitFor('every callback', () => runIds.every((id) => took().has(id)), 120_000);

  const slowest = Math.max(...accepted.map(({ slowestAnswerMs }) => slowestAnswerMs));
  const repeated = accepted.filter(({ tries }) => tries > 1).length;
  t.diagnostic(
    `seed ${seed}: ${faults} faults, ${repeated} of ${RUNS} webhooks sent again, slowest answer ${Math.round(slowest)} ms (longest stall ${Math.round(stalls.max / 1e6)} ms)`,
  );
  // This process answers and measures at once: while it has no processor it can do neither.
  assert.ok(slowest < ANSWER_MS + stalls.max / 1e6, `an answer took ${Math.round(slowest)} ms`);
  assert.ok(repeated > 0, 'the trouble was none');
  assert.equal(callbacks.length, runIds.length);
  assert.deepEqual(new Set(callbacks.map(({ webhookId }) => webhookId)), new Set(runIds));
  for (let index = 0; index < RUNS; index += 1) {
    assert.equal(garudust.model.callsFor(`Task ${index}`).length, 1, `calls for task ${index}`);
  }
  const query = `TaskQueue = '${taskQueue}'`;
  const closed = `${query} AND ExecutionStatus = 'Completed'`;
  while ((await server.client.workflow.count(closed)).count < RUNS) {
    patience.throwIfAborted();
    await sleep(100);
  }
  const executions: string[] = [];
  for await (const { workflowId } of server.client.workflow.list({ query })) executions.push(workflowId);
  assert.deepEqual(executions.toSorted(), runIds.toSorted());
});
