/** A worker to be killed: `tsx remote-worker.ts ADDRESS NAMESPACE TASK_QUEUE PRESET URL`. Its agent is a remote one. */
import { NativeConnection } from '@temporalio/worker';
import { createRemoteAgent } from '../../src/agents/remote/remote.ts';
import { oneOf } from '../../src/settings/texts.ts';
import { PRESET_NAMES } from '../../src/agents/remote/remote-settings.ts';
import { createAgentWorker } from './agent-worker.ts';

const [address = '', namespace = '', taskQueue = '', preset = '', url = ''] = process.argv.slice(2);
const connection = await NativeConnection.connect({ address });
const agent = createRemoteAgent({ preset: oneOf(PRESET_NAMES).read(preset), url, pollInterval: 50 });
const run: typeof agent.run = (text, context) => agent.run(text, context);
const worker = await createAgentWorker({ connection, namespace, taskQueue, run });
await worker.run();
