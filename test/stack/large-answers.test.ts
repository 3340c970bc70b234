/** An answer of 20 MB through worker, journal, poll and callback, with one call of the agent. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { stopWithParent } from '../../src/cli/temporal-server/stop-with-parent.ts';
import type { S3Place } from '../../src/payloads/storage/s3-store.ts';
import { installNodeTool } from '../support/node-tool.ts';
import { EVENTS } from '../support/run-costs.ts';
import { API_KEY, startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const BYTES = 20_000_000;
const LONG_MS = 60_000;
const S3_TOOL = { key: 's3rver-3.7.1-client-s3-3.1175.0', packages: ['s3rver@3.7.1', '@aws-sdk/client-s3@3.1175.0'] };

/** Receives one callback whole. */
async function startReceiver(t: TestContext) {
  const texts: string[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const { text } = JSON.parse(Buffer.concat(chunks).toString()) as { text: string };
    texts.push(text);
    res.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { texts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** Sends the task and checks what comes of it; returns the id of the run. */
async function askForLargeAnswer(t: TestContext, storage: string | S3Place): Promise<string> {
  const receiver = await startReceiver(t);
  const stack = await startTestStack(t, {
    env: { PAYLOAD_KEYS: `k1:${randomBytes(32).toString('base64')}` },
    change: (config) => ({
      ...config,
      payloads: { ...config.payloads, storage },
      agents: config.agents.map((agent) => ({ ...agent, maxAnswerBytes: 32 * 1024 * 1024 })),
    }),
  });
  const { id } = await stack.start({ text: 'demo: size 20MB', callback_url: receiver.url });
  const headers = { Authorization: `Bearer ${API_KEY}` };
  let run: { status?: string; output?: string; agent?: { attempt?: number } } = {};
  await waitFor(
    'the answer',
    async () => {
      const response = await fetch(`${stack.url}/v1/runs/${id}?wait=30`, { headers });
      run = (await response.json()) as typeof run;
      return run.status === 'completed';
    },
    LONG_MS,
  );
  assert.deepEqual([run.output?.length, run.agent?.attempt], [BYTES, 1]);
  await waitFor('the callback', () => receiver.texts.length > 0, LONG_MS);
  assert.deepEqual(
    receiver.texts.map((text) => text.length),
    [BYTES],
  );
  const { client } = await connectToTestServer();
  const events = async (): Promise<number> => {
    const request = { namespace: 'default', execution: { workflowId: id } };
    const { history } = await client.workflowService.getWorkflowExecutionHistory(request);
    return history?.events?.length ?? 0;
  };
  await waitFor('its end', async () => (await events()) === EVENTS.deferred, LONG_MS);
  return id;
}

test('20 MB arrive whole by way of a folder, encrypted', { timeout: 180_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const id = await askForLargeAnswer(t, folder);
  const objects = readdirSync(join(folder, 'default', id));
  assert.ok(objects.length >= 2);
  for (const name of objects) assert.ok(!readFileSync(join(folder, 'default', id, name)).includes('xxxxxxxx'));
});

test('20 MB arrive whole by way of an S3 server', { timeout: 240_000 }, async (t) => {
  const modules = await installNodeTool(S3_TOOL, 'large payloads in a bucket of S3');
  if (modules === undefined) return;
  const folder = temporaryFolder(t);
  const port = await freePort();
  const args = [join(modules, 's3rver/bin/s3rver.js'), '-d', folder, '-a', '127.0.0.1', '-p', String(port)];
  const s3 = spawn(process.execPath, [...args, '--configure-bucket', 'payloads', '--no-vhost-buckets'], {
    stdio: 'pipe',
  });
  stopWithParent(s3);
  t.after(() => s3.kill());
  await waitFor(
    'the S3 server',
    () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ),
    LONG_MS,
  );
  const aws = {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'S3RVER',
    AWS_SECRET_ACCESS_KEY: 'S3RVER',
  };
  Object.assign(process.env, aws);
  t.after(() => {
    for (const name of Object.keys(aws)) delete process.env[name];
  });
  const id = await askForLargeAnswer(t, { bucket: 'payloads', prefix: 'production/', from: dirname(modules) });
  const objects = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes(`production/default/${id}/`),
  );
  assert.ok(objects.length >= 2, objects.join());
});
