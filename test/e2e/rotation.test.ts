/** The steps of docs/rotation.md, with deliveries all the while: each becomes one run and one callback with a good signature. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ReceivedCallback, startCallbackReceiver } from '../../src/cli/callback-receiver.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { API_KEY, startTestStack, type TestStack, type TestStackOptions } from '../support/start-test-stack.ts';
import { uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const [OLD, NEW] = ['the-old-secret-of-a-rotation', 'the-new-secret-of-a-rotation'];
const BETWEEN_MS = 25;
const PHASE_MS = 500;

/** Processes behind a load balancer, replaced by a rolling update: a new one is ready before the old one drains. */
class Deployment {
  readonly #t: TestContext;
  readonly #taskQueue: string;
  #serving: TestStack | undefined;

  constructor(t: TestContext) {
    this.#t = t;
    this.#taskQueue = uniqueTaskQueue(t);
  }

  /** The address that the load balancer sends to. */
  get url(): string {
    return this.#serving?.url ?? '';
  }

  async roll(env: Readonly<Record<string, string>>, change?: TestStackOptions['change']): Promise<TestStack> {
    const before = this.#serving;
    const now = await startTestStack(this.#t, { env, taskQueue: this.#taskQueue, ...(change && { change }) });
    this.#serving = now;
    await before?.stack.drain();
    await sleep(PHASE_MS);
    return now;
  }

  /** As a sender does that repeats what was not accepted, under the same id. */
  async send(secret: () => string, task: object): Promise<string> {
    const [body, key] = [JSON.stringify(task), randomUUID()];
    for (;;) {
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key, ...hubHeaders(secret(), body) };
      const response = await fetch(`${this.url}/webhook`, { method: 'POST', body, headers }).catch(() => undefined);
      if (response?.status === 202) return ((await response.json()) as { id: string }).id;
      if (response !== undefined && response.status < 500) assert.fail(`${response.status} ${await response.text()}`);
      await sleep(BETWEEN_MS);
    }
  }
}

/** Sends tasks until it is stopped, and then waits for the callback of each. */
async function keepSending(
  t: TestContext,
  deployment: Deployment,
  secret: () => string,
  known: () => readonly string[],
) {
  const callbacks: ReceivedCallback[] = [];
  const receiver = await startCallbackReceiver({
    ...{ port: 0, failFirst: 0, status: 204, delayMs: 0, secrets: known },
    onCallback: (callback) => callbacks.push(callback),
  });
  t.after(() => receiver.close());
  const ids: string[] = [];
  const stopping = new AbortController();
  const sending = (async () => {
    while (!stopping.signal.aborted) {
      ids.push(await deployment.send(secret, { text: 'Say hello', callback_url: receiver.url }));
      await sleep(BETWEEN_MS);
    }
  })();
  return async (): Promise<void> => {
    stopping.abort();
    await sending;
    await waitFor('a callback of each', () => callbacks.length >= ids.length, 20_000);
    assert.ok(ids.length > 20, `${ids.length} deliveries`);
    assert.deepEqual([...new Set(callbacks.map(({ signature }) => signature))], ['good']);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(callbacks.length, ids.length);
    assert.deepEqual(new Set(callbacks.map(({ webhookId }) => webhookId)), new Set(ids));
    t.diagnostic(`${ids.length} deliveries, ${callbacks.length} callbacks`);
  };
}

async function refused(deployment: Deployment, secret: string): Promise<void> {
  await assert.rejects(
    deployment.send(() => secret, { text: 'x' }),
    { message: /^401 / },
  );
}

test("a client's webhook secret is rotated without losing a delivery or a callback", { timeout: 90_000 }, async (t) => {
  const deployment = new Deployment(t);
  let [sender, receiver] = [OLD, [OLD]];
  await deployment.roll({ GARUDUST_WEBHOOK_SECRET: OLD });
  await refused(deployment, NEW);
  const stop = await keepSending(
    t,
    deployment,
    () => sender,
    () => receiver,
  );
  await deployment.roll({ GARUDUST_WEBHOOK_SECRET: `${OLD},${NEW}` });
  receiver = [OLD, NEW];
  sender = NEW;
  await sleep(PHASE_MS);
  await deployment.roll({ GARUDUST_WEBHOOK_SECRET: `${NEW},${OLD}` });
  receiver = [NEW];
  await sleep(PHASE_MS);
  await deployment.roll({ GARUDUST_WEBHOOK_SECRET: NEW });
  await stop();
  await refused(deployment, OLD);
});

test('a callback secret is rotated without losing a callback', { timeout: 90_000 }, async (t) => {
  const deployment = new Deployment(t);
  const roll = (CALLBACK_SECRET: string): Promise<TestStack> =>
    deployment.roll({ GARUDUST_WEBHOOK_SECRET: 'the-secret-of-senders', CALLBACK_SECRET });
  let receiver = [OLD];
  await roll(OLD);
  const stop = await keepSending(
    t,
    deployment,
    () => 'the-secret-of-senders',
    () => receiver,
  );
  await roll(`${OLD},${NEW}`);
  receiver = [OLD, NEW];
  await sleep(PHASE_MS);
  await roll(`${NEW},${OLD}`);
  receiver = [NEW];
  await sleep(PHASE_MS);
  await roll(NEW);
  await stop();
});

test('an API key is rotated while callers poll with one or the other', { timeout: 60_000 }, async (t) => {
  const deployment = new Deployment(t);
  const ask = async (key: string): Promise<number> =>
    (await fetch(`${deployment.url}/v1/runs`, { headers: { Authorization: `Bearer ${key}` } })).status;
  const steps: readonly (readonly [keys: string, old: number, next: number])[] = [
    [OLD, 200, 401],
    [`${OLD},${NEW}`, 200, 200],
    [NEW, 401, 200],
  ];
  for (const [keys, old, next] of steps) {
    await deployment.roll({ RUNS_API_KEY: keys });
    assert.deepEqual([await ask(OLD), await ask(NEW)], [old, next], keys.replaceAll(/the-(\w+)-\S+?(?=,|$)/g, '$1'));
  }
});

test(
  "an agent's key is rotated: what is refused meanwhile waits, and is asked once",
  { timeout: 90_000 },
  async (t) => {
    const deployment = new Deployment(t);
    const before = await startFakeGarudust({ apiKey: OLD });
    const env = { GARUDUST_URL: before.url, GARUDUST_API_KEY: OLD };
    const quick: TestStackOptions['change'] = (config) => ({
      ...config,
      agents: config.agents.map((agent) => ({ ...agent, retryDelayAtFault: 500 })),
    });
    const stack = await deployment.roll(env, quick);
    assert.equal((await stack.get((await stack.start({ text: 'Say one' })).id, 20)).status, 'completed');

    await before.close();
    const after = await startFakeGarudust({ apiKey: NEW, port: before.port });
    t.after(() => after.close());
    const { id } = await stack.start({ text: 'Say two' });
    await waitFor('a refusal', async () => (await stack.get(id)).agent?.last_error !== undefined, 20_000);
    const next = await deployment.roll({ ...env, GARUDUST_API_KEY: NEW, RUNS_API_KEY: API_KEY }, quick);
    const run = await next.get(id, 30);
    assert.deepEqual([run.status, run.agent?.attempt], ['completed', 1]);
  },
);
