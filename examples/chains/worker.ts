/** Serves the workflows and their agents: the built-in demo agent writes, and a function of your own judges. */
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { GarudustPlugin } from 'garudust-temporal';

const plugin = new GarudustPlugin({
  agents: {
    writer: { type: 'demo' },
    judge: { run: (text) => Promise.resolve({ output: String(text.length % 11), usage: { outputTokens: 1 } }) },
  },
  // The report goes to `npx garudust-temporal receive`, on this machine.
  callback: { callbackSecret: [process.env['CALLBACK_SECRET'] ?? 'change me'], permitNetworks: ['127.0.0.0/8'] },
});
const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233' });
const worker = await Worker.create({
  connection,
  taskQueue: 'chains',
  workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
  plugins: [plugin],
});
await worker.run();
await connection.close();
