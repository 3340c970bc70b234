import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRaw } from '../support/raw-connection.ts';
import { startTestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';

const BODY = '{"text":"Hi"}';
const LIMITS = { body: 1024 * 1024, bodyTimeout: 30_000, linger: 200 };
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Repeats until it holds, for 10 s. */
async function retry(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, 'in 10 s');
    await sleep(20);
  }
}

describe('a stranger without a key', () => {
  test('who pipelines requests loses the connection, and the requests are not handled', async (t) => {
    const ingress = await startTestIngress(t);
    const raw = await openRaw(ingress.port);
    raw.socket.write(get('/readyz').repeat(300));
    await raw.closed();
    await sleep(50);
    assert.ok(ingress.counted.length <= 17, `${ingress.counted.length} requests were handled`);
    assert.equal((await ingress.post('/webhook', BODY)).status, 202);
  });

  test('who does not read a response loses the connection, after the time limit for writing', async (t) => {
    const ingress = await startTestIngress(t, { serverLimits: { writeTimeout: 200, checkInterval: 50 } });
    const raw = await openRaw(ingress.port);
    t.after(() => raw.socket.destroy());
    raw.socket.pause();
    let closed = false;
    raw.socket.once('close', () => (closed = true));
    // Far more than the system's buffers take.
    const asking = setInterval(() => raw.socket.write(get('/docs').repeat(8)), 5);
    raw.socket.on('error', () => undefined);
    await waitFor('the connection to be closed', () => closed || raw.socket.destroyed);
    clearInterval(asking);
  });

  test('who reads is served, however many requests come one after the other', async (t) => {
    const ingress = await startTestIngress(t, { serverLimits: { writeTimeout: 200, checkInterval: 50 } });
    for (let i = 0; i < 40; i += 1) assert.equal((await fetch(`${ingress.url}/docs`)).status, 200);
  });

  test('who opens more connections than the limit gets no more', async (t) => {
    const ingress = await startTestIngress(t, { serverLimits: { maxConnections: 5 } });
    const raws = await Promise.all(Array.from({ length: 5 }, () => openRaw(ingress.port)));
    t.after(() => raws.forEach(({ socket }) => socket.destroy()));
    const sixth = await openRaw(ingress.port);
    await sixth.closed();
    raws[0]?.socket.destroy();
    await retry(async () => (await fetch(`${ingress.url}/healthz`).catch(() => undefined))?.status === 200);
  });
});

describe('the bytes of all bodies', () => {
  const BUDGET = 256 * 1024;
  const PART = randomBytes(64 * 1024);
  const head = 'POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
  const CHUNK = Buffer.concat([Buffer.from(`${PART.length.toString(16)}\r\n`), PART, Buffer.from('\r\n')]);

  for (const [kind, start, part] of [
    ['declared', `${head}Content-Length: 1000000\r\n\r\n`, PART],
    ['chunked', `${head}Transfer-Encoding: chunked\r\n\r\n`, CHUNK],
  ] as const) {
    test(`${kind}: stay within the budget, and a genuine delivery is taken`, async (t) => {
      const ingress = await startTestIngress(t, { limits: { ...LIMITS, bodyBudget: BUDGET } });
      const strangers = await Promise.all(Array.from({ length: 8 }, () => openRaw(ingress.port)));
      t.after(() => strangers.forEach(({ socket }) => socket.destroy()));
      let ended = 0;
      for (const { socket } of strangers) {
        socket.on('error', () => undefined).once('close', () => (ended += 1));
        socket.write(start);
        socket.write(part);
      }
      await waitFor('those beyond the budget to be refused', () => ended >= 4);
      const statuses: number[] = [];
      await retry(async () => {
        statuses.push((await ingress.post('/webhook', BODY)).status);
        return statuses.at(-1) === 202;
      });
      assert.ok(statuses.every((status) => status === 202 || status === 503));
    });
  }

  test('leave room for small bodies where large ones have used up the budget', async (t) => {
    const ingress = await startTestIngress(t, { limits: { ...LIMITS, bodyBudget: BUDGET } });
    const stranger = await openRaw(ingress.port);
    t.after(() => stranger.socket.destroy());
    stranger.socket.write(`${head}Content-Length: 1000000\r\n\r\n`);
    stranger.socket.write(randomBytes(BUDGET));
    await waitFor('all of it to arrive', () => stranger.socket.writableLength === 0);
    await sleep(50);
    const large = JSON.stringify({ text: 'x'.repeat(80_000) });
    const [first, second] = await Promise.all([ingress.post('/webhook', BODY), ingress.post('/webhook', large)]);
    assert.deepEqual([first.status, second.status], [202, 503]);
  });

  test('return to the budget when a delivery has been answered', async (t) => {
    const text = 'x'.repeat(200_000);
    const ingress = await startTestIngress(t, { limits: { ...LIMITS, bodyBudget: BUDGET } });
    for (let i = 0; i < 5; i += 1) {
      assert.equal((await ingress.post('/webhook', JSON.stringify({ text }))).status, 202);
    }
  });
});

describe('signature headers of a stranger', () => {
  test('cost no more with 3,000 entries than with 64, and a valid entry beyond these does not count', async (t) => {
    const ingress = await startTestIngress(t);
    const id = 'msg-1';
    const timestamp = String(Math.floor(Date.now() / 1000));
    const key = Buffer.from('alpha-secret');
    const valid = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${BODY}`).digest('base64')}`;
    const send = (entries: number): Promise<Response> =>
      fetch(`${ingress.url}/webhook`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `${'v1,AAAA '.repeat(entries)}${valid}`,
        },
        body: BODY,
      });
    assert.equal((await send(63)).status, 202);
    assert.equal((await send(64)).status, 401);
  });
});

describe('POST /webhook/:client', () => {
  test("tries that client's secrets alone, and does not tell which clients there are", async (t) => {
    const ingress = await startTestIngress(t);
    assert.equal((await ingress.post('/webhook/alpha', BODY)).status, 202);
    const answers = await Promise.all(
      ['/webhook/beta', '/webhook/nobody'].map(async (path) => {
        const signed = await ingress.post(path, BODY);
        const unsigned = await fetch(ingress.url + path, { method: 'POST', body: BODY });
        return [signed, unsigned].map(async (answer) => [
          answer.status,
          ((await answer.json()) as { code: string }).code,
        ]);
      }),
    );
    const [beta, nobody] = await Promise.all(answers.map((pair) => Promise.all(pair)));
    assert.deepEqual(beta, [
      [401, 'signature_invalid'],
      [401, 'signature_missing'],
    ]);
    assert.deepEqual(nobody, beta);
  });
});
