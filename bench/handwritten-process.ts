/**
 * A process of its own that does over HTTP what ours does, by Koa, the SDK and nothing else: it takes the webhook, starts a
 * workflow that asks the agent and posts the callback, and answers 202. It checks no signature, makes none, and keeps no
 * journal. It connects and starts as ours does. `tsx handwritten-process.ts <url of the peer>`, with the variables of
 * Temporal's CLI, tells its port.
 */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import Koa from 'koa';
import { postJson } from './post-json.ts';

const [, , peerUrl = ''] = process.argv;
Runtime.install({ logger: new DefaultLogger('ERROR') });
const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const connection = await NativeConnection.connect({ ...connectionOptions, grpcCompression: { codec: 'none' } });
const client = new Client({ connection, namespace });
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue: 'handwritten',
  workflowsPath: fileURLToPath(new URL('handwritten-workflow.ts', import.meta.url)),
  activities: {
    ask: async (message: string) =>
      (JSON.parse(await postJson(`${peerUrl}/chat`, { message })) as { output: string }).output,
    tell: async (runId: string, output: string) =>
      void (await postJson(`${peerUrl}/callback`, { run_id: runId, text: output })),
  },
  maxConcurrentActivityTaskExecutions: 500,
});

const app = new Koa();
app.use(async (context) => {
  const task = JSON.parse(await text(context.req)) as { text: string };
  const id = `run-${randomUUID()}`;
  await client.workflow.start('handwritten', {
    workflowId: id,
    taskQueue: 'handwritten',
    args: [id, task.text],
    requestEagerStart: true,
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
  });
  context.status = 202;
  context.body = { id, status: 'queued' };
});
const running = worker.run();
const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
// As ours has it: the sender reuses a connection, and would meet one that ends at this moment.
server.keepAliveTimeout = 65_000;
process.on('disconnect', () => process.exit());
await running;
