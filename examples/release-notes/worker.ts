/** Serves the workflow and its agents: `demo`, which is built in, and your own Garudust where `GARUDUST_URL` is set. */
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { GarudustPlugin } from 'garudust-temporal';

const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233' });
const worker = await Worker.create({
  connection,
  taskQueue: 'release-notes',
  workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
  plugins: [
    new GarudustPlugin({
      agents: {
        demo: { type: 'demo' },
        garudust: { type: 'garudust', url: process.env['GARUDUST_URL'] ?? 'http://127.0.0.1:3000' },
      },
    }),
  ],
});
await worker.run();
await connection.close();
