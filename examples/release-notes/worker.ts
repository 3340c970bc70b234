/** Runs the workflow; the agent's tasks go to the workers of garudust-temporal. */
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';

const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233' });
const worker = await Worker.create({
  connection,
  taskQueue: 'release-notes',
  workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
});
await worker.run();
await connection.close();
