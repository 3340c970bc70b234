import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../../src/cli/temporal-server/start-dev-server.ts';
import { FROM_SOURCE, startProduct } from '../support/product-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { hubSignature, Poster } from './post.ts';

const SECRET = 'the-secret-of-a-test-client';
const BIG = JSON.stringify({ text: 'x'.repeat(900_000) });
const SMALL = JSON.stringify({ text: 'Hi' });
const SENDERS = 60;
const FILLED_MS = 6000;
const FROZEN_MS = 14_000;
/** Without a bound it is some 500 in this time. */
const MAX_GROWTH_MIB = 120;

test('memory stays flat while Temporal is frozen and large tasks arrive, and the ingress recovers', async (t) => {
  const folder = temporaryFolder(t);
  const { path: cliPath } = await findTemporalCli({ env: process.env });
  const server = await startDevServer({ cliPath, headless: true });
  t.after(() => {
    process.kill(server.pid, 'SIGCONT');
    return server.stop();
  });
  const product = await startProduct({
    program: FROM_SOURCE,
    command: 'ingress',
    folder,
    temporalAddress: server.address,
    settings: {
      clients: [{ id: 'ci', webhook_secret: SECRET, rate_limit: '100000/s' }],
      agents: { demo: { type: 'demo' } },
      log: { level: 'silent' },
    },
  });
  t.after(() => product.stop());
  const poster = new Poster(SENDERS);
  t.after(() => poster.close());
  const [url, bigSignature] = [`${product.url}/webhook`, { 'x-hub-signature-256': hubSignature(SECRET, BIG) }];
  const send = () => poster.post(url, BIG, bigSignature);
  for (let sent = 0; sent < 5; sent += 1) assert.equal((await send()).status, 202);

  process.kill(server.pid, 'SIGSTOP');
  const began = performance.now();
  const late: { status: number; milliseconds: number }[] = [];
  const keepSending = async (): Promise<void> => {
    while (performance.now() - began < FROZEN_MS) {
      const reply = await send();
      if (performance.now() - began > FILLED_MS) late.push(reply);
      await sleep(250);
    }
  };
  const senders = Array.from({ length: SENDERS }, keepSending);
  await sleep(FILLED_MS);
  const filled = product.usage().mebibytes;
  await Promise.all(senders);
  const grown = product.usage().mebibytes - filled;

  process.kill(server.pid, 'SIGCONT');
  const thawed = performance.now();
  const smallSignature = { 'x-hub-signature-256': hubSignature(SECRET, SMALL) };
  while ((await poster.post(url, SMALL, smallSignature)).status !== 202) {
    assert.ok(performance.now() - thawed < 20_000, 'accepts again');
    await sleep(100);
  }
  t.diagnostic(`${Math.round(filled)} MiB, then ${Math.round(grown)} MiB more; ${late.length} refusals`);
  assert.ok(grown < MAX_GROWTH_MIB, `${Math.round(grown)} MiB more in ${(FROZEN_MS - FILLED_MS) / 1000} s`);
  // On a busy machine a sender may be so slow that the rest of its refused body is cut off.
  const cut = late.filter(({ status }) => status === 0).length;
  assert.ok(cut <= late.length / 20, `${cut} of ${late.length} were cut off`);
  const statuses = new Set(late.flatMap(({ status }) => (status === 0 ? [] : [status])));
  assert.deepEqual([...statuses], [503]);
  // What finds no room is told so before Temporal is asked.
  const quick = late.filter(({ milliseconds }) => milliseconds < 2000).length;
  assert.ok(quick > late.length / 2, `${quick} of ${late.length} within 2 s`);
});
