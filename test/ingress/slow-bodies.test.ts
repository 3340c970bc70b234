import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { PendingUploads } from '../../src/ingress/limits/server-admission.ts';
import { openRaw, type RawConnection } from '../support/raw-connection.ts';
import { startTestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';

const BODY = '{"text":"Hi"}';
const PERMITS = 4;
const LIMITS = { body: 65_536, bodyTimeout: 60_000, linger: 200, maxInFlight: PERMITS };
const STALLED = 'POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{';

test('strangers whose bodies never arrive do not keep others out', async (t) => {
  const ingress = await startTestIngress(t, { limits: LIMITS });
  const strangers: RawConnection[] = [];
  for (let i = 0; i < PERMITS; i += 1) strangers.push(await openRaw(ingress.port));
  t.after(() => strangers.forEach(({ socket }) => socket.destroy()));
  for (const { socket } of strangers) socket.write(STALLED);
  const statuses: number[] = [];
  let cut = 0;
  void strangers[0]?.closed().then(() => (cut += 1));
  const end = performance.now() + 30_000;
  while (statuses.at(-1) !== 202 && performance.now() < end) {
    statuses.push((await ingress.post('/webhook', BODY)).status);
  }
  assert.equal(statuses.at(-1), 202, 'half a minute before the bodies are given up');
  await waitFor('the oldest to be dropped', () => cut === 1);
  assert.equal(ingress.runs.started.length, 1);
  assert.ok(statuses.slice(0, -1).every((status) => status === 503 || status === 202));
});

describe('pending uploads', () => {
  let now = 0;
  const request = (complete = false): IncomingMessage & { destroyed: boolean } => {
    const req = { complete, destroyed: false, destroy: () => (req.destroyed = true) };
    return req as unknown as IncomingMessage & { destroyed: boolean };
  };

  test('are dropped one by one, the oldest first, and none before its time', () => {
    const uploads = new PendingUploads(500, () => now);
    const [first, second] = [request(), request()];
    now = 0;
    uploads.add(first);
    now = 100;
    uploads.add(second);
    now = 499;
    assert.equal(uploads.dropStalled(), false);
    now = 500;
    assert.deepEqual([uploads.dropStalled(), first.destroyed, second.destroyed], [true, true, false]);
    assert.equal(uploads.dropStalled(), false, 'the second has some time left');
    now = 600;
    assert.deepEqual([uploads.dropStalled(), second.destroyed], [true, true]);
    assert.equal(uploads.dropStalled(), false, 'there is none left');
  });

  test('are left alone once they are there, or their request is over', () => {
    const uploads = new PendingUploads(500, () => now);
    const [whole, later, over, slow] = [request(true), request(), request(), request()];
    now = 0;
    for (const req of [whole, later, over, slow]) uploads.add(req);
    Object.assign(later, { complete: true });
    uploads.delete(over);
    now = 500;
    assert.equal(uploads.dropStalled(), true);
    assert.deepEqual(
      [whole, later, over, slow].map(({ destroyed }) => destroyed),
      [false, false, false, true],
    );
  });
});
