/**
 * A worker to be killed: `tsx doomed-worker.ts ADDRESS NAMESPACE TASK_QUEUE JOURNAL`. Its agent works for ever; it writes
 * `called` when the agent is.
 */
import { AsyncCompletionClient } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { openJournal } from '../../src/activities/journal/journal.ts';
import { createAgentWorker } from './agent-worker.ts';

const [address = '', namespace = '', taskQueue = '', folder = ''] = process.argv.slice(2);
const connection = await NativeConnection.connect({ address });
const journal = await openJournal(folder);
const completions = new AsyncCompletionClient({ connection, namespace });
const worker = await createAgentWorker({
  connection,
  namespace,
  taskQueue,
  journal: { journal, completions },
  run: () => {
    process.stdout.write('called\n');
    return new Promise(() => undefined);
  },
});
await worker.run();
