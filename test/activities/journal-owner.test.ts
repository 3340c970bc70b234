import assert from 'node:assert/strict';
import fs, { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { type Journal, type JournalOptions, openJournal } from '../../src/activities/journal/journal.ts';
import { JournalFolderError } from '../../src/activities/journal/lock-folder.ts';
import { GarudustPlugin } from '../../src/plugin.ts';
import { readWorkerParts } from '../../src/stack/worker-parts.ts';
import { RecordingLogger } from '../support/mock-activity.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ATTEMPT = {
  workflowId: 'run-1',
  runId: 'execution-1',
  activityId: 'agent',
  scheduledAt: 1000,
  activityType: 'runAgent',
  attempt: 1,
  taskToken: 'dG9rZW4=',
};
const HERE = { owner: 'default@temporal:7233', machine: { host: 'pod-1', bootId: 'boot-1' } };

/** Leaves one entry with a result. @returns the journal's id */
async function leave(folder: string, options: JournalOptions = HERE): Promise<string> {
  const journal = await openJournal(folder, options);
  await (await journal.begin(ATTEMPT)).keep('answer');
  await journal.close();
  return journal.id;
}

async function open(t: TestContext, folder: string, options: JournalOptions = HERE): Promise<Journal> {
  const journal = await openJournal(folder, options);
  t.after(() => journal.close());
  return journal;
}

function entries(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
}

/** Makes a function of `node:fs` fail as on a full disk, after it created the file. */
function fillDisk(t: TestContext): void {
  t.mock.method(fs, 'writeSync', () => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  });
  t.mock.method(fs.promises, 'writeFile', (file: string) => {
    fs.closeSync(fs.openSync(file, 'w'));
    return Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
  });
  syncBuiltinESMExports();
}

function emptyDisk(t: TestContext): void {
  t.mock.restoreAll();
  syncBuiltinESMExports();
}

describe('the owner of journal entries', () => {
  for (const [what, options] of [
    ['namespace', { ...HERE, owner: 'other@temporal:7233' }],
    ['server', { ...HERE, owner: 'default@other:7233' }],
    ['machine', { ...HERE, machine: { host: 'pod-2', bootId: 'boot-2' } }],
  ] as const) {
    test(`sets aside the entries of another ${what}, by one log line`, async (t) => {
      const folder = temporaryFolder(t);
      await leave(folder);
      await leave(folder);
      const logger = new RecordingLogger();
      const journal = await open(t, folder, { ...options, logger });
      assert.deepEqual(journal.leftovers, []);
      assert.equal(await journal.find(ATTEMPT), undefined);
      assert.deepEqual([entries(folder).length, entries(join(folder, 'foreign')).length], [0, 2]);
      assert.deepEqual(
        logger.lines.map(({ level, fields }) => [level, fields]),
        [['warn', { folder, files: 2, moved: 2 }]],
      );
    });
  }

  for (const [what, machine] of [
    ['the same host after a boot', { host: 'pod-1', bootId: 'boot-2' }],
    ['a new container of the same machine', { host: 'pod-2', bootId: 'boot-1' }],
    ['a system without boot IDs', { host: 'laptop.example' }],
  ] as const) {
    test(`recovers the entries of ${what}`, async (t) => {
      const folder = temporaryFolder(t);
      const id = await leave(folder);
      const logger = new RecordingLogger();
      const journal = await open(t, folder, { ...HERE, machine, logger });
      assert.deepEqual([journal.id, journal.leftovers.length, logger.lines], [id, 1, []]);
    });
  }

  test('gives the snapshot of a volume a new id', async (t) => {
    const folder = temporaryFolder(t);
    const id = await leave(folder);
    const journal = await openJournal(folder, { ...HERE, machine: { host: 'pod-2', bootId: 'boot-2' } });
    await journal.close();
    assert.notEqual(journal.id, id);
    assert.equal((await open(t, folder, { ...HERE, machine: { host: 'pod-2', bootId: 'boot-2' } })).id, journal.id);
  });

  test('gives a copied folder a new id, and leaves the entries to the original', async (t) => {
    const folder = temporaryFolder(t);
    const id = await leave(folder);
    const copy = join(temporaryFolder(t), 'copy');
    cpSync(folder, copy, { recursive: true });
    const logger = new RecordingLogger();
    const journal = await openJournal(copy, { ...HERE, logger });
    await journal.close();
    assert.notEqual(journal.id, id);
    assert.deepEqual([journal.leftovers.length, journal.wasAbandoned, logger.lines.length], [0, false, 1]);
    await leave(copy);
    const again = await open(t, copy);
    assert.deepEqual([again.id, again.leftovers.length], [journal.id, 1]);
    const original = await open(t, folder);
    assert.deepEqual([original.id, original.leftovers.length], [id, 1]);
  });

  test('refuses a copy whose entries cannot be moved, so that no later start reports them', async (t) => {
    const folder = temporaryFolder(t);
    await leave(folder);
    const copy = join(temporaryFolder(t), 'copy');
    cpSync(folder, copy, { recursive: true });
    writeFileSync(join(copy, 'foreign'), 'a file');
    for (let start = 0; start < 2; start += 1) await assert.rejects(openJournal(copy, HERE), JournalFolderError);
  });

  test('is the namespace of the worker for a plugin that is told no other', async (t) => {
    const folder = temporaryFolder(t);
    await leave(folder, { owner: 'default' });
    const logger = new RecordingLogger();
    for (const [namespace, left] of [
      [undefined, 1],
      ['theirs', 0],
    ] as const) {
      const plugin = new GarudustPlugin({}, () => readWorkerParts({ agents: {}, journalDir: folder }, logger));
      await plugin.configureWorker({ taskQueue: 'q', ...(namespace && { namespace }) });
      await plugin.close();
      assert.equal(entries(folder).length, left);
    }
  });

  test('recovers what an earlier version left, with its id', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'id'), '0123abcd');
    const file = join(folder, '00000000-0000-4000-8000-000000000000.jsonl');
    writeFileSync(file, `${JSON.stringify({ version: 1, ...ATTEMPT })}\n${JSON.stringify({ result: 'answer' })}\n`);
    const journal = await open(t, folder);
    assert.equal(journal.id, '0123abcd');
    assert.deepEqual(
      journal.leftovers.map(({ attempt, isKept }) => [attempt, isKept]),
      [[ATTEMPT, true]],
    );
  });
});

describe('a damaged journal', () => {
  test('starts, sets unreadable entries aside and deletes truncated ones, by one log line each', async (t) => {
    const folder = temporaryFolder(t);
    await leave(folder);
    const name = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}.jsonl`;
    writeFileSync(join(folder, name(0)), '');
    writeFileSync(join(folder, name(1)), '{"version":1,"runId":');
    writeFileSync(join(folder, name(2)), '{"version":2}\n');
    writeFileSync(join(folder, name(3)), Buffer.from([0xff, 0x00, 0x0a, 0x0a]));
    mkdirSync(join(folder, name(4)));
    const logger = new RecordingLogger();
    const journal = await open(t, folder, { ...HERE, logger });
    assert.equal(journal.leftovers.length, 1);
    assert.equal(entries(folder).length, 1);
    assert.deepEqual(entries(join(folder, 'unreadable')).toSorted(), [name(2), name(3), name(4)]);
    assert.deepEqual(
      logger.lines.map(({ level, fields }) => [level, fields]),
      [
        ['info', { folder, files: 2 }],
        ['warn', { folder, files: 3, moved: 3 }],
      ],
    );
  });

  test('leaves no empty file on a full disk', async (t) => {
    const journal = await open(t, temporaryFolder(t));
    fillDisk(t);
    await assert.rejects(journal.begin(ATTEMPT), { code: 'ENOSPC' });
    emptyDisk(t);
    assert.deepEqual(entries(journal.folder), []);
  });

  test('of a full disk still recovers its entries, on another host too', async (t) => {
    const folder = temporaryFolder(t);
    const id = await leave(folder);
    const before = readFileSync(join(folder, 'id'), 'utf8');
    fillDisk(t);
    const journal = await open(t, folder, { ...HERE, machine: { host: 'pod-2', bootId: 'boot-1' } });
    emptyDisk(t);
    assert.deepEqual([journal.id, journal.leftovers.length], [id, 1]);
    assert.equal(readFileSync(join(folder, 'id'), 'utf8'), before);
  });

  test('is refused on a full disk when it is new, and unlocked', async (t) => {
    const folder = temporaryFolder(t);
    fillDisk(t);
    await assert.rejects(
      openJournal(folder, HERE),
      (error) => error instanceof JournalFolderError && error.message.includes('ENOSPC'),
    );
    emptyDisk(t);
    assert.deepEqual(readdirSync(folder), []);
    await open(t, folder);
  });
});
