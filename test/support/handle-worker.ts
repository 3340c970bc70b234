/**
 * A worker to be killed: `tsx handle-worker.ts ADDRESS NAMESPACE TASK_QUEUE JOURNAL`, `-` for no journal. Its agent starts a remote run
 * once, keeps its handle, and polls for ever. It writes `started`, `resumed <handle>` and `kept`.
 */
import { AsyncCompletionClient } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { openJournal } from '../../src/activities/journal/journal.ts';
import { createAgentWorker } from './agent-worker.ts';

const [address = '', namespace = '', taskQueue = '', folder = '-'] = process.argv.slice(2);
const connection = await NativeConnection.connect({ address });
const completions = new AsyncCompletionClient({ connection, namespace });
const journal = folder === '-' ? undefined : await openJournal(folder);
const tell = (line: string): unknown => process.stdout.write(`${line}\n`);
const worker = await createAgentWorker({
  connection,
  namespace,
  taskQueue,
  ...(journal && { journal: { journal, completions } }),
  run: async (_, { resumed, checkpoint }) => {
    if (resumed === undefined) tell('started');
    else tell(`resumed ${JSON.stringify(resumed)}`);
    if (resumed === undefined) await checkpoint({ id: 'remote-1' });
    tell('kept');
    return new Promise(() => undefined);
  },
});
await worker.run();
