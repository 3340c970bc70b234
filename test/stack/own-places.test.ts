import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

test('a callback to a port of this process, or to Temporal, is refused before it is accepted', async (t) => {
  const { stack, post, url } = await startTestStack(t, { roles: { ingress: true, worker: false } });
  const { address } = await connectToTestServer();
  const port = address.replace(/^.*:/, '');
  const refused = [`${url}/webhook`, `${stack.adminUrl}/metrics`, `http://127.0.0.1:${port}/`, `http://[::1]:${port}/`];
  for (const callbackUrl of refused) {
    const response = await post({ text: 'Hi', callback_url: callbackUrl });
    const problem = (await response.json()) as Problem;
    assert.deepEqual([response.status, problem.code], [422, 'callback_url_refused'], callbackUrl);
    assert.match(problem.detail, /^callback_url: port \d+ there is this service's own port: use the address of your/);
  }
});
