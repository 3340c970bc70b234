/**
 * A worker to be stopped and continued: `tsx sleepy-worker.ts ADDRESS NAMESPACE TASK_QUEUE JOURNAL AGENT_URL`. It asks its agent over
 * HTTP.
 */
import { AsyncCompletionClient } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { openJournal } from '../../src/activities/journal/journal.ts';
import { createAgentWorker } from './agent-worker.ts';

const [address = '', namespace = '', taskQueue = '', folder = '', agentUrl = ''] = process.argv.slice(2);
const connection = await NativeConnection.connect({ address });
const journal = await openJournal(folder);
const completions = new AsyncCompletionClient({ connection, namespace });
const worker = await createAgentWorker({
  connection,
  namespace,
  taskQueue,
  journal: { journal, completions },
  run: async (_, { signal }) => {
    const response = await fetch(agentUrl, { method: 'POST', signal });
    return { output: await response.text() };
  },
});
await worker.run();
