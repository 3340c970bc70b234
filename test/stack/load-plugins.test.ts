import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { loadPlugins } from '../../src/stack/load-plugins.ts';
import { StartError } from '../../src/stack/start-error.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { createTeamPlugin } from '../worker/fixtures/team-plugin.ts';

const TEAM_PLUGIN = fileURLToPath(new URL('../worker/fixtures/team-plugin.ts', import.meta.url));

describe('worker.plugins', () => {
  test('takes an instance or a function, as default or as plugin, in either kind of module', async (t) => {
    const folder = temporaryFolder(t);
    const instance = "{ name: 'mine', configureWorker: (options) => options }";
    const modules = {
      'a.mjs': `export default ${instance}`,
      'b.mjs': `export const plugin = async () => (${instance})`,
      'c.cjs': `module.exports = () => (${instance})`,
      'd.cjs': `exports.plugin = ${instance}`,
      'e.cjs': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${instance}`,
    };
    for (const [name, code] of Object.entries(modules)) writeFileSync(join(folder, name), code);
    const paths = Object.keys(modules).map((name) => join(folder, name));
    const [first = ''] = paths;
    const loaded = await loadPlugins([...paths, relative(process.cwd(), first).replace(/^(?!\.)/, './')]);
    assert.deepEqual(
      loaded.map(({ name }) => name),
      Array.from({ length: 6 }, () => 'mine'),
    );
  });

  test('refuses what it cannot load, with path and reason', async (t) => {
    const folder = temporaryFolder(t);
    const write = (name: string, code: string): string => {
      writeFileSync(join(folder, name), code);
      return join(folder, name);
    };
    const rows: [string, RegExp][] = [
      [join(folder, 'absent.js'), /absent\.js: Cannot find module/],
      ['no-such-package-anywhere', /no-such-package-anywhere: Cannot find module/],
      [write('broken.mjs', 'throw new Error("the key is missing")'), /broken\.mjs: the key is missing/],
      [write('empty.mjs', 'export {}'), /empty\.mjs: it exports no Temporal plugin\. Export/],
      [write('wrong.mjs', 'export default { name: "wrong" }'), /wrong\.mjs: it exports no Temporal plugin/],
    ];
    for (const [path, message] of rows) {
      await assert.rejects(loadPlugins([path]), (error) => {
        assert.ok(error instanceof StartError);
        assert.match(error.message, /^worker\.plugins: cannot load /);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    }
  });

  test('reach the worker and the ingress: their codec, their workflows, beside ours', async (t) => {
    const stack = await startTestStack(t, {
      change: (config) => ({ ...config, worker: { ...config.worker, plugins: [TEAM_PLUGIN] } }),
    });
    const { id } = await stack.start({ text: 'Say what nobody may read', callback_url: stack.callbackUrl });
    const run = await stack.get(id, 20);
    assert.equal(run.status, 'completed');
    assert.match(run.output ?? '', /Say what nobody may read/);
    const server = await connectToTestServer();
    const { events } = await server.client.workflow.getHandle(id).fetchHistory();
    const stored = [
      events?.[0]?.workflowExecutionStartedEventAttributes?.input,
      events?.find((event) => event.activityTaskCompletedEventAttributes)?.activityTaskCompletedEventAttributes?.result,
    ].map((payloads) => Buffer.from(payloads?.payloads?.[0]?.metadata?.['encoding'] ?? []).toString());
    assert.deepEqual(stored, ['binary/rot', 'binary/rot']);
    const client = new Client({ connection: server.client.connection, plugins: [createTeamPlugin()] });
    const theirs = { workflowId: `theirs-${randomUUID()}`, taskQueue: stack.taskQueue };
    assert.equal(await client.workflow.execute('anyOther', theirs), 'by default');
    await waitFor('the callback', () => stack.callbacks.length === 1);
  });
});
