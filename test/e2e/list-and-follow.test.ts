import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunList, runList } from '../../src/protocol/run-list.ts';
import { runResource, type RunResource } from '../../src/protocol/run-resource.ts';
import { readEvents } from '../support/read-events.ts';
import { startTestStack } from '../support/start-test-stack.ts';

test('a run can be followed to its end, and is then found in the list of its own client alone', async (t) => {
  const [secret, key] = ['the-secret-of-list-and-follow', 'the-key-of-list-and-follow'];
  const { url, start, callbackUrl } = await startTestStack(t, {
    change: (config) => {
      const [client] = config.clients;
      if (client === undefined) throw new Error('the test stack has a client');
      const other = { ...client, id: 'other', webhookSecret: [secret], callbackSecret: [secret], apiKey: [key] };
      return { ...config, clients: [client, other] };
    },
  });
  const own = { Authorization: 'Bearer the-key-of-the-test-stack' };
  const session_key = `follow-${Date.now()}`;
  const { id } = await start({ text: 'Say something', callback_url: callbackUrl, session_key });

  const stream = await fetch(`${url}/v1/runs/${id}/events`, { headers: own });
  const runs: RunResource[] = [];
  let last = '';
  for await (const { event, data } of readEvents(stream)) {
    last = event;
    if (event === 'run') runs.push(runResource.parse(data));
  }
  assert.equal(last, 'end');
  assert.deepEqual([runs.at(-1)?.status, runs.at(-1)?.callback.status], ['completed', 'delivered']);

  const list = async (headers: Record<string, string>): Promise<RunList> => {
    const response = await fetch(`${url}/v1/runs?session=${session_key}`, { headers });
    return runList.parse(await response.json());
  };
  let found = await list(own);
  for (let tries = 0; found.runs[0]?.status !== 'completed' && tries < 15; tries += 1) {
    await sleep(1000); // a client may list its runs twice a second
    found = await list(own);
  }
  assert.deepEqual(
    found.runs.map((run) => [run.id, run.status, run.callback.status]),
    [[id, 'completed', 'delivered']],
  );
  const foreign = { Authorization: `Bearer ${key}` };
  assert.deepEqual(await list(foreign), { runs: [], next_cursor: null });
  assert.equal((await fetch(`${url}/v1/runs/${id}/events`, { headers: foreign })).status, 404);
});
