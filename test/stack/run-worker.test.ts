import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { runWorker } from '../../src/stack/run-worker.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';

const at = (name: string): string => fileURLToPath(new URL(`../workflows/fixtures/${name}.ts`, import.meta.url));

test("runs a team's agents and workflows in our worker", async (t) => {
  const server = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const folder = temporaryFolder(t);
  const config = join(folder, 'settings.yaml');
  const lines = [
    'clients: [{ id: default, webhook_secret: a-secret-of-the-test-worker-0123456789 }]',
    'agents: { other: { type: demo } }',
    `workflows: { triage: ${at('own/triage')} }`,
    `worker: { journal_dir: ${join(folder, 'journal')} }`,
    `task_queue: ${taskQueue}`,
    'admin_port: 0\nadmin_host: 127.0.0.1\nlog: { level: silent }',
  ];
  writeFileSync(config, lines.join('\n'));
  const stop = new AbortController();
  process.env['TEMPORAL_ADDRESS'] = server.address;
  process.env['TEMPORAL_NAMESPACE'] = server.namespace;
  const asked: string[] = [];
  const demo = {
    run: (text: string) => {
      asked.push(text);
      return Promise.resolve({ output: `mine: ${text}` });
    },
  };
  const running = runWorker({ config, agents: { demo }, workflowsPath: at('own/plain'), signal: stop.signal });
  t.after(() => stop.abort());

  const { start, get } = await startTestStack(t, {
    taskQueue,
    roles: { ingress: true, worker: false },
    change: (read) => ({ ...read, workflows: { triage: at('own/triage') } }),
  });
  const run = await get((await start({ workflow: 'triage', text: 'x' })).id, 30);
  assert.equal(run.output, 'mine: Second: mine: First: x');
  assert.deepEqual(asked, ['First: x', 'Second: mine: First: x']);

  const options = { taskQueue, workflowId: `${run.id}-plain`, args: ['y'] };
  assert.equal(await server.client.workflow.execute('plain', options), 'mine: y');
  // Started by other code than ours, a workflow of the settings is a plain one.
  const other = { ...options, workflowId: `${run.id}-other`, args: ['z'] };
  assert.equal(await server.client.workflow.execute('triage', other), 'mine: Second: mine: First: z');
  stop.abort();
  await running;
});
