/**
 * A process of its own that takes webhooks by Koa and starts the same workflow as ours for each, on a queue that nobody polls. It checks
 * nothing, keeps nothing and limits nothing: what an ingress costs more than a bare start even so is HTTP. `tsx
 * bare-ingress-process.ts`, with the variables of Temporal's CLI, tells its port.
 */
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import Koa from 'koa';
import { bareStart } from './bare-start.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const connection = await NativeConnection.connect({ ...connectionOptions, grpcCompression: { codec: 'none' } });
const client = new Client({ connection, namespace });

const app = new Koa();
app.use(async (context) => {
  JSON.parse(await text(context.req));
  const options = bareStart('same');
  await client.workflow.start('nobody-runs-it', options);
  context.status = 202;
  context.body = { id: options.workflowId, status: 'queued' };
});
const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
// As ours has it: the sender reuses a connection, and would meet one that ends at this moment.
server.keepAliveTimeout = 65_000;
process.on('disconnect', () => process.exit());
