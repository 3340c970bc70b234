/** Starts the workflow and prints what came of it: `tsx start.ts 1.4.0 "Faster start" "Drop Node 18"`. */
import { Client, Connection } from '@temporalio/client';
import type { releaseNotes } from './workflows.ts';

const [version = '1.4.0', ...given] = process.argv.slice(2);
const changes = given.length > 0 ? given : ['Start twice as fast', 'Drop Node 18'];
const connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233' });
const client = new Client({ connection });
const notes = await client.workflow.execute<typeof releaseNotes>('releaseNotes', {
  workflowId: `release-notes-${version}`,
  taskQueue: 'release-notes',
  args: [{ agent: process.env['AGENT'] ?? 'demo', version, changes }],
});
process.stdout.write(`${notes}\n`);
await connection.close();
