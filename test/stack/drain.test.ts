import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRaw } from '../support/raw-connection.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { SECRET, startTestStack } from '../support/start-test-stack.ts';

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
