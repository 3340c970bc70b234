import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { startOptions } from '../../src/runs/start-options.ts';
import { RunWatcher } from '../../src/runs/run-watcher.ts';
import { toInput } from '../replay/scenarios.ts';
import { acceptedTask } from '../support/run-scenario.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';

test('many who wait for one run share one long poll, which ends with the last of them', async (t) => {
  const server = await connectToTestServer();
  const connection = await Connection.connect({ address: server.address });
  t.after(() => connection.close());
  const watcher = new RunWatcher({ connection, namespace: server.namespace });
  const task = acceptedTask(toInput({ closes: '', reads: { status: '', callback: '' } }));
  await server.client.workflow.start('agentRun', startOptions(task, { taskQueue: uniqueTaskQueue(t), eager: false }));
  const first = new AbortController();
  const others = Array.from({ length: 50 }, () => new AbortController());
  const waits = [watcher.untilTerminal(task.runId, first.signal)];
  for (const other of others) waits.push(watcher.untilTerminal(task.runId, other.signal));
  assert.equal(watcher.polls, 1);
  first.abort();
  await sleep(50);
  assert.equal(watcher.polls, 1);
  for (const other of others) other.abort();
  await Promise.all(waits);
  assert.equal(watcher.polls, 0);

  // A later one begins anew.
  const late = watcher.untilTerminal(task.runId, AbortSignal.timeout(20_000));
  await server.client.workflow.getHandle(task.runId).terminate();
  await late;
  assert.equal(watcher.polls, 0);
});

test('an unknown run is not waited for', async (t) => {
  const server = await connectToTestServer();
  const connection = await Connection.connect({ address: server.address });
  t.after(() => connection.close());
  const watcher = new RunWatcher({ connection, namespace: server.namespace });
  await watcher.untilTerminal('run-unknown', AbortSignal.timeout(20_000));
  assert.equal(watcher.polls, 0);
});
