import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { callbackSummary, hideQuery } from '../../src/contract/summary.ts';
import { API_KEY, startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

const CANARY = 'c4n4ry-0f-th3-c4ll3r';

/** Where in a value a text stands, also in the bytes of its payloads. */
function placesOf(value: unknown, text: string, path = ''): string[] {
  if (typeof value === 'string') return value.includes(text) ? [path] : [];
  if (value instanceof Uint8Array) return Buffer.from(value).includes(text) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    ...(key.includes(text) ? [path] : []),
    ...placesOf(child, text, `${path}.${key}`),
  ]);
}

/** The test's own time limit ends it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(600);
}

test('the query string of a callback reaches its receiver, and is shown nowhere', { timeout: 120_000 }, async (t) => {
  const lines: string[] = [];
  const logTo = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const { url, start, get, post, callbacks, callbackUrl } = await startTestStack(t, {
    logTo,
    receiver: { failFirst: 1 },
    change: (config) => ({ ...config, callback: { ...config.callback, stopStatuses: [500] } }),
  });
  const address = `${callbackUrl}?token=${CANARY}`;
  const headers = { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' };
  const answers: unknown[] = [];
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const text = await (await fetch(url + path, { headers, ...init })).text();
    answers.push(text);
    return text;
  };

  const accepted = await start({ text: 'hello', callback_url: address });
  answers.push(accepted);
  const { id } = accepted;
  await until(async () => (await get(id)).callback.status === 'dead');
  assert.equal((await get(id)).callback.url, `${callbackUrl}?…`);
  // Listed, once the list knows it.
  await until(async () => (await ask('/v1/runs?callback=dead')).includes(id));
  await ask(`/v1/runs/${id}/redeliver`, { method: 'POST', body: JSON.stringify({ callback_url: `${address}-2` }) });
  await ask(`/v1/runs/${id}/events`);
  await until(async () => (await get(id)).callback.status === 'delivered');
  answers.push(await get(id));
  const refused = await post({ text: 'hello', callback_url: `http://10.0.0.1/?token=${CANARY}` });
  assert.equal(refused.status, 422);
  answers.push(await refused.text());

  assert.deepEqual(
    callbacks.map(({ path }) => path),
    [`/callbacks?token=${CANARY}`, `/callbacks?token=${CANARY}-2`],
  );
  assert.deepEqual(placesOf(answers, CANARY), []);
  assert.ok(lines.some((line) => line.includes(id)));
  assert.deepEqual(placesOf(lines, CANARY), []);

  const { client } = await connectToTestServer();
  const handle = client.workflow.getHandle(id);
  const { raw, ...described } = await handle.describe();
  assert.deepEqual(
    placesOf([raw, described.memo, described.searchAttributes, described.typedSearchAttributes], CANARY),
    [],
  );
  // What the worker is told to call is the one thing that holds it.
  const { events } = await handle.fetchHistory();
  const places = placesOf(events, CANARY);
  assert.ok(places.length >= 3, places.join());
  for (const place of places) assert.match(place, /EventAttributes\.input\.payloads\.\d+\.data$/);
});

test('a URL without its query string says that there is one', () => {
  assert.equal(hideQuery('https://ci.example.com/a?b=c#d'), 'https://ci.example.com/a?…');
  assert.equal(hideQuery('https://ci.example.com/a#d?e'), 'https://ci.example.com/a');
  assert.equal(hideQuery('https://ci.example.com/a'), 'https://ci.example.com/a');
  assert.equal(callbackSummary('https://ci.example.com/a?b=c'), 'POST ci.example.com/a');
});
