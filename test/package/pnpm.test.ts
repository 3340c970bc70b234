/** The packed package in a CommonJS project that pnpm installed, where a module finds nothing but what it depends on itself. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { reportMissingTool } from '../support/missing-tool.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { createProject, pack, run, start } from './installed-project.ts';

const PNPM = ['--yes', 'pnpm@10.34.9'];

const FILES = {
  'package.json': JSON.stringify({ name: 'strict', private: true, type: 'commonjs' }),
  // Nothing is hoisted, not even into pnpm's own folder: what is missing in a package.json is missing.
  'pnpm-workspace.yaml': 'hoist: false\npublicHoistPattern: []\n',
  'workflows.js': `
    const { runAgent } = require('garudust-temporal/workflows');
    exports.ask = async (text) => (await runAgent(text, { agent: 'echo' })).output;`,
  'worker.js': `
    const { NativeConnection, Worker } = require('@temporalio/worker');
    const { GarudustPlugin } = require('garudust-temporal');
    const plugin = new GarudustPlugin({
      agents: { echo: { run: (text) => Promise.resolve({ output: text }) } },
      callback: { callbackSecret: ['the-secret-of-the-strict-project'] },
    });
    (async () => {
      const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS });
      const workflowsPath = require.resolve('./workflows.js');
      const worker = await Worker.create({ connection, taskQueue: process.argv[2], workflowsPath, plugins: [plugin] });
      await worker.run();
      await connection.close();
    })();`,
};

test('CommonJS code in the strict layout of pnpm runs workflows with ours', { timeout: 200_000 }, async (t) => {
  const folder = realpathSync(temporaryFolder(t));
  const project = join(folder, 'project');
  const tarball = await pack(join(folder, 'packed'));
  createProject(project);
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(project, name), text);
  const args = ['add', '--prefer-offline', '--ignore-scripts', tarball, '@temporalio/worker@1.24.0'];
  const installed = await run(project, 'npx', [...PNPM, ...args]);
  const said = installed.stdout + installed.stderr;
  if (
    installed.code !== 0 &&
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED|ERR_PNPM_META_FETCH_FAIL/.test(said)
  ) {
    return reportMissingTool('pnpm', 'the packed package in a strict layout, and in CommonJS code');
  }
  assert.equal(installed.code, 0, said);
  assert.ok(!existsSync(join(project, 'node_modules/@temporalio/workflow')));
  assert.ok(!existsSync(join(project, 'node_modules/.pnpm/node_modules/@temporalio/workflow')));
  const copies = readdirSync(join(project, 'node_modules/.pnpm')).filter((name) =>
    name.startsWith('@temporalio+workflow'),
  );
  assert.equal(copies.length, 1);

  const version = await run(project, 'node_modules/.bin/garudust-temporal', ['--version']);
  assert.match(version.stdout, /^\d+\.\d+\.\d+/, version.stderr);

  const server = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const worker = start(t, project, ['worker.js', taskQueue], {
    TEMPORAL_ADDRESS: server.address,
    XDG_STATE_HOME: join(folder, 'state'),
  });
  const answer = server.client.workflow.execute('ask', {
    workflowId: `ask-${randomUUID()}`,
    taskQueue,
    args: ['Hello'],
  });
  assert.equal(await answer, 'Hello', worker.written.text);
  assert.equal(await worker.stop(), 0);
});
