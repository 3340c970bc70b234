import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { loadConfig } from '../../src/config/load-config.ts';
import { GarudustPlugin } from '../../src/plugin.ts';
import { defaultJournalDir } from '../../src/stack/default-journal-dir.ts';
import { toWorkerParts } from '../../src/stack/worker-parts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OWNER = { address: 'localhost:7233', namespace: 'default', taskQueue: 'garudust' };

describe('the folder of a journal that no setting names', () => {
  test('is in the folder for state of the user', () => {
    const of = (env: Record<string, string>, platform: NodeJS.Platform = 'linux') =>
      defaultJournalDir(env, OWNER, platform).replace(/\w{8}$/, '<owner>');
    const own = 'garudust-temporal/journal/<owner>';
    assert.equal(of({ HOME: '/home/ada', XDG_STATE_HOME: '/state' }), `/state/${own}`);
    assert.equal(of({ HOME: '/home/ada', XDG_STATE_HOME: '' }), `/home/ada/.local/state/${own}`);
    assert.equal(of({ LOCALAPPDATA: '/local' }, 'win32'), `/local/${own}`);
  });

  test('differs by server, namespace and task queue', () => {
    const env = { HOME: '/home/ada' };
    const owners = [{}, { address: 'other:7233' }, { namespace: 'other' }, { taskQueue: 'other' }];
    const folders = owners.map((other) => defaultJournalDir(env, { ...OWNER, ...other }));
    assert.equal(new Set(folders).size, 4);
    assert.equal(defaultJournalDir(env, { ...OWNER }), folders[0]);
  });

  test('is taken by the first worker, and one beside it by the second', async (t) => {
    const folder = join(temporaryFolder(t), 'journal');
    const first = await openWith(t, folder);
    const second = await openWith(t, folder);
    assert.deepEqual(first.said, [`info ${folder}`]);
    assert.deepEqual(second.said, [`info ${folder}-2`]);
    await first.plugin.close();
    const third = await openWith(t, folder);
    assert.deepEqual(third.said, [`info ${folder}`]);
  });

  test('need not work: one warning says what its absence costs and how to fix it', async (t) => {
    const file = join(temporaryFolder(t), 'file');
    writeFileSync(file, '');
    const { said } = await openWith(t, join(file, 'journal'));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /^warn .*\(ENOTDIR\)\. .* agents are asked again .* Set JOURNAL_DIR .* or to none/);
  });

  test('is not used where a setting names another one, or none', async (t) => {
    const folder = temporaryFolder(t);
    const fallback = join(folder, 'default');
    const named = await openWith(t, fallback, { JOURNAL_DIR: join(folder, 'named') });
    assert.deepEqual(named.said, [`info ${join(folder, 'named')}`]);
    await assert.rejects(
      openWith(t, fallback, { JOURNAL_DIR: join(folder, 'named') }),
      /^StartError: Another worker uses the journal folder/,
    );
    const none = await openWith(t, fallback, { JOURNAL_DIR: 'none' });
    assert.deepEqual(none.said, []);
    assert.equal(existsSync(fallback), false);
  });
});

/** What a worker with that default says when it opens its journal: the level with the folder, or with the warning. */
async function openWith(t: TestContext, folder: string, env: Record<string, string> = {}) {
  const said: string[] = [];
  const logger = {
    info: (fields: { folder?: string }) => void said.push(`info ${fields.folder}`),
    warn: (_: object, message: string) => void said.push(`warn ${message}`),
    error: (_: object, message: string) => void said.push(`error ${message}`),
  };
  const { config } = loadConfig({
    mode: 'production',
    env: { GARUDUST_WEBHOOK_SECRET: 'a-secret-of-the-test', GARUDUST_URL: 'http://127.0.0.1:1', ...env },
    cwd: temporaryFolder(t),
  });
  const plugin = new GarudustPlugin({}, () => toWorkerParts(config, { logger, defaultJournalDir: folder }));
  t.after(() => plugin.close());
  await plugin.open();
  return { plugin, said };
}
