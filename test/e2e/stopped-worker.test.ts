import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SECRET, startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const RUNS = 16;
/** From the next one on Temporal makes the timeout of the task longer: without that such a run would never end. */
const ATTEMPTS = 3;
const STOPPED_MS = 3000;
const AT_WORK_MS = 1000;

/** `garudust-temporal worker` with the demo agent in a process of its own. */
function startWorkerProcess(t: TestContext, address: string, taskQueue: string): ChildProcess {
  const folder = temporaryFolder(t);
  const file = join(folder, 'settings.yaml');
  writeFileSync(file, 'agents: { demo: { type: demo } }');
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'worker', '--config', file], {
    env: {
      PATH: process.env['PATH'],
      TEMPORAL_ADDRESS: address,
      TEMPORAL_TASK_QUEUE: taskQueue,
      GARUDUST_WEBHOOK_SECRET: SECRET,
      CALLBACK_PERMIT_NETWORKS: '127.0.0.0/8',
      JOURNAL_DIR: join(folder, 'journal'),
      ADMIN_HOST: '127.0.0.1',
      ADMIN_PORT: '0',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  t.after(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

test('runs with large inputs go on although their worker is stopped for 3 s again and again', async (t) => {
  const { address, client } = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const stack = await startTestStack(t, { taskQueue, roles: { ingress: true, worker: false } });
  const text = 'x'.repeat(1_000_000);
  const ids: string[] = [];
  // One after the other, and before the worker comes: it takes as many tasks at once as it will.
  for (let run = 0; run < RUNS; run += 1) ids.push((await stack.start({ text, callback_url: stack.callbackUrl })).id);

  const worker = startWorkerProcess(t, address, taskQueue);
  const stopping = new AbortController();
  const stops = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await sleep(AT_WORK_MS);
      worker.kill('SIGSTOP');
      await sleep(STOPPED_MS);
      worker.kill('SIGCONT');
    }
  })();
  await waitFor('all callbacks', () => stack.callbacks.length >= RUNS, 200_000);
  stopping.abort();
  await stops;

  const told = stack.callbacks.map(({ body }) => `${body?.run_id} ${body?.status}`);
  assert.deepEqual(new Set(told), new Set(ids.map((id) => `${id} completed`)));
  for (const id of ids) {
    const { events = [] } = await client.workflow.getHandle(id).fetchHistory();
    const attempts = (events ?? []).map(({ workflowTaskScheduledEventAttributes: task }) => task?.attempt ?? 0);
    assert.ok(Math.max(...attempts) <= ATTEMPTS, `${id}: ${attempts.join(' ')}`);
  }
});
