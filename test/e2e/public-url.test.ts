import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hubHeaders } from '../support/signed-headers.ts';
import { SECRET, startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

const PUBLIC_URL = 'https://agents.example.com/durable';

test('with PUBLIC_URL every link to a run is whole: for callers, in the document and in the Temporal UI', async (t) => {
  const { url, get } = await startTestStack(t, { env: { PUBLIC_URL: `${PUBLIC_URL}/` } });
  const body = JSON.stringify({ text: 'Say hello' });
  const response = await fetch(`${url}/webhook`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...hubHeaders(SECRET, body) },
  });
  assert.equal(response.status, 202);
  const { id, links } = (await response.json()) as { id: string; links: { self: string } };
  const expected = `${PUBLIC_URL}/v1/runs/${id}`;
  assert.equal(links.self, expected);
  assert.equal(response.headers.get('location'), expected);
  assert.equal((await get(id, 10)).links.self, expected);

  const document = (await (await fetch(`${url}/openapi.json`)).json()) as { servers: unknown };
  assert.deepEqual(document.servers, [{ url: PUBLIC_URL }]);

  const { client } = await connectToTestServer();
  const details = (await (await client.workflow.getHandle(id).describe()).staticDetails()) ?? '';
  assert.equal(details.split('\n')[0], `- **run**: [${id}](${expected})`);
});
