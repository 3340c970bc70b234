import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../../src/cli/temporal-server/start-dev-server.ts';
import { DEFAULT_TASK_QUEUE } from '../../src/contract/names.ts';
import { startTestStack } from '../support/start-test-stack.ts';

const FOLDER = 'examples/release-notes';

test('the example runs three tasks of the agent in a workflow of its own', async (t) => {
  // A server of its own, because the example takes the usual task queue.
  const { path } = await findTemporalCli({ env: process.env });
  const server = await startDevServer({ cliPath: path, headless: true });
  t.after(() => server.stop());
  await startTestStack(t, { address: server.address, taskQueue: DEFAULT_TASK_QUEUE });
  const env = { ...process.env, TEMPORAL_ADDRESS: server.address };
  const worker = spawn(process.execPath, ['--import', 'tsx', join(FOLDER, 'worker.ts')], { env, stdio: 'ignore' });
  const ended = once(worker, 'exit');
  const start = ['--import', 'tsx', join(FOLDER, 'start.ts'), '1.4.0', 'Drop Node 18'];
  const { stdout } = await promisify(execFile)(process.execPath, start, { env });
  assert.match(stdout, /begins "Write release notes for 1\.4\.0\."/);
  const connection = await Connection.connect({ address: server.address });
  t.after(() => connection.close());
  const history = await new Client({ connection }).workflow.getHandle('release-notes-1.4.0').fetchHistory();
  const tasks = history.events?.filter(({ activityTaskCompletedEventAttributes: done }) => done) ?? [];
  assert.equal(tasks.length, 3);
  worker.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});
