import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test, type TestContext } from 'node:test';
import { type Journal, openJournal } from '../../src/activities/journal/journal.ts';
import type { JournaledAttempt } from '../../src/activities/journal/journal-entry.ts';
import { JournalFolderError, JournalLockedError } from '../../src/activities/journal/lock-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function attempt(changes: Partial<JournaledAttempt> = {}): JournaledAttempt {
  return {
    workflowId: 'run-1',
    runId: 'execution-1',
    activityId: 'agent',
    scheduledAt: 1000,
    activityType: 'runAgent',
    attempt: 1,
    taskToken: Buffer.from('token-1').toString('base64'),
    ...changes,
  };
}

async function open(t: TestContext, folder = temporaryFolder(t)): Promise<Journal> {
  const journal = await openJournal(folder);
  t.after(() => journal.close());
  return journal;
}

function files(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
}

describe('the journal', () => {
  test('finds a kept result by the activity, until it is forgotten', async (t) => {
    const journal = await open(t);
    const entry = await journal.begin(attempt());
    assert.equal(await journal.find(attempt()), undefined);
    await entry.keep({ output: 'ü\n\u2028"' });
    assert.deepEqual(await journal.find(attempt({ attempt: 2, taskToken: 'other' })), {
      result: { output: 'ü\n\u2028"' },
    });
    for (const other of [{ runId: 'x' }, { workflowId: 'x' }, { activityId: 'x' }, { scheduledAt: 1 }]) {
      assert.equal(await journal.find(attempt(other)), undefined);
    }
    await journal.forget(attempt());
    assert.equal(await journal.find(attempt()), undefined);
    assert.equal(journal.size, 0);
  });

  test('gives the next worker what the one before left, results and all', async (t) => {
    const folder = temporaryFolder(t);
    const before = await openJournal(folder);
    await before.begin(attempt());
    await (await before.begin(attempt({ workflowId: 'run-2' }))).keep({ output: 'kept' });
    await (await before.begin(attempt({ workflowId: 'run-3' }))).keep(undefined);
    await (await before.begin(attempt({ workflowId: 'run-4' }))).forget();
    await before.close();
    const journal = await open(t, folder);
    const left = journal.leftovers.map((entry) => `${entry.attempt.workflowId} ${entry.isKept}`);
    assert.deepEqual(left.toSorted(), ['run-1 false', 'run-2 true', 'run-3 true']);
    assert.deepEqual(await journal.find(attempt({ workflowId: 'run-2' })), { result: { output: 'kept' } });
    assert.deepEqual(await journal.find(attempt({ workflowId: 'run-3' })), { result: undefined });
    assert.deepEqual(journal.leftovers.find((entry) => !entry.isKept)?.attempt, attempt());
  });

  test('keeps its id, and knows whether the worker before closed it', async (t) => {
    const folder = temporaryFolder(t);
    const first = await openJournal(folder);
    assert.match(first.id, /^[0-9a-f]{8}$/);
    assert.equal(first.wasAbandoned, false);
    await first.close();
    const second = await openJournal(folder);
    assert.deepEqual([second.id, second.wasAbandoned], [first.id, false]);
    await second.close();
    // A worker that dies leaves its socket behind.
    const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', script, join(folder, 'lock.sock')]), 'exit');
    const third = await open(t, folder);
    assert.deepEqual([third.id, third.wasAbandoned], [first.id, true]);
  });

  test('takes a result that was being written for none, and drops what it cannot read', async (t) => {
    const folder = temporaryFolder(t);
    const before = await openJournal(folder);
    await before.begin(attempt());
    await before.close();
    const [file = ''] = files(folder);
    const [, line = ''] = readFileSync(join(folder, file), 'utf8').split('\n');
    const { id } = JSON.parse(line.slice(1)) as { id: string };
    appendFileSync(join(folder, file), `+{"id":"${id}","result":{"output":"cut o`);
    writeFileSync(join(folder, `${file.slice(0, 35)}x.jsonl`), 'not ours: the name is no uuid');
    writeFileSync(join(folder, '00000000-0000-4000-8000-000000000000.jsonl'), '{"version":1,"runId":');
    writeFileSync(join(folder, '00000000-0000-4000-8000-000000000001.jsonl'), '{"version":2}\n');
    const journal = await open(t, folder);
    assert.deepEqual(
      journal.leftovers.map((entry) => entry.isKept),
      [false],
    );
    assert.deepEqual(files(folder).toSorted(), [file, `${file.slice(0, 35)}x.jsonl`].toSorted());
  });

  test('shows answers to its owner alone', async (t) => {
    const journal = await open(t, join(temporaryFolder(t), 'made', 'here'));
    await journal.begin(attempt());
    assert.equal(statSync(journal.folder).mode & 0o077, 0);
    for (const file of files(journal.folder)) assert.equal(statSync(join(journal.folder, file)).mode & 0o077, 0);
  });

  test('reports how many entries it has', async (t) => {
    const folder = temporaryFolder(t);
    const sizes: number[] = [];
    const before = await openJournal(folder, { onChange: (size) => sizes.push(size) });
    const entry = await before.begin(attempt());
    await before.begin(attempt({ workflowId: 'run-2' }));
    await entry.forget();
    await entry.forget();
    await before.close();
    await (await openJournal(folder, { onChange: (size) => sizes.push(size) })).close();
    assert.deepEqual(sizes, [0, 1, 2, 1, 1, 1]);
  });

  test('does not bring back what was forgotten', async (t) => {
    const journal = await open(t);
    const entry = await journal.begin(attempt());
    await journal.forget(attempt());
    await assert.rejects(entry.keep('late'));
    await entry.forget();
    assert.equal(journal.size, 0);
  });
});

describe('the lock of the journal', () => {
  test('keeps a second worker out, by a message that names the folder, until it is released', async (t) => {
    const folder = temporaryFolder(t);
    const first = await openJournal(folder);
    await assert.rejects(
      openJournal(folder),
      (error) => error instanceof JournalLockedError && error.message.includes(folder),
    );
    await first.close();
    await (await openJournal(folder)).close();
    assert.deepEqual(readdirSync(folder), ['id']);
  });

  test('is had by one of many that come at once', async (t) => {
    const folder = temporaryFolder(t);
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => openJournal(folder)));
    const winners = tries.filter((each) => each.status === 'fulfilled').map((each) => each.value);
    assert.equal(winners.length, 1);
    await assert.rejects(openJournal(folder), JournalLockedError);
    await winners[0]?.close();
    await (await openJournal(folder)).close();
  });

  // The path of the socket alone does not exclude workers that run this slowly.
  test(
    'is held by one process of many that start at the same moment, however slowly they run',
    { skip: process.platform !== 'linux' },
    async (t) => {
      const source = `
      import promises from 'node:fs/promises';
      import { syncBuiltinESMExports } from 'node:module';
      import { createInterface } from 'node:readline';
      const { rename } = promises;
      promises.rename = async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, Number(process.argv[1])));
        return rename(...args);
      };
      syncBuiltinESMExports();
      const { openJournal } = await import(${JSON.stringify(new URL('../../src/activities/journal/journal.ts', import.meta.url).href)});
      let journal;
      console.log('ready');
      for await (const line of createInterface({ input: process.stdin })) {
        await journal?.close();
        journal = await openJournal(line).catch(() => undefined);
        console.log(journal === undefined ? 'refused' : 'holds');
      }`;
      const workers = Array.from({ length: 5 }, (_, i) => {
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', '--input-type=module', '--eval', source, String(i * 150)],
          { stdio: ['pipe', 'pipe', 'inherit'] },
        );
        t.after(() => child.kill('SIGKILL'));
        return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
      });
      const answers = (): Promise<string[]> =>
        Promise.all(workers.map(async ({ lines }) => String((await lines.next()).value)));
      await answers();
      for (let round = 0; round < 5; round += 1) {
        const folder = temporaryFolder(t);
        for (const { child } of workers) child.stdin.write(`${folder}\n`);
        assert.deepEqual((await answers()).toSorted(), ['holds', 'refused', 'refused', 'refused', 'refused']);
      }
    },
  );

  test('ends with a worker that is killed, whose entries the next one finds', async (t) => {
    const folder = temporaryFolder(t);
    const source = `
      import { openJournal } from ${JSON.stringify(new URL('../../src/activities/journal/journal.ts', import.meta.url).href)};
      const journal = await openJournal(${JSON.stringify(folder)});
      const entry = await journal.begin(${JSON.stringify(attempt())});
      await entry.keep({ output: 'from the dead' });
      process.stdout.write('ready');
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await assert.rejects(openJournal(folder), JournalLockedError);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const journal = await open(t, folder);
    assert.deepEqual(await journal.find(attempt()), { result: { output: 'from the dead' } });
  });

  test('says so when the path is too long for a socket, and how long it may be', async (t) => {
    const folder = join(temporaryFolder(t), 'x'.repeat(90));
    await assert.rejects(openJournal(folder), (error) => {
      assert.ok(error instanceof JournalFolderError);
      assert.match(error.message, /too long for a socket, use one of at most \d\d bytes\.$/);
      return error.message.includes(folder);
    });
  });

  test('says so when the folder cannot be made', async (t) => {
    const file = join(temporaryFolder(t), 'a-file');
    writeFileSync(file, '');
    await assert.rejects(openJournal(join(file, 'journal')), (error) => {
      assert.ok(error instanceof JournalFolderError);
      return error.message.includes('ENOTDIR');
    });
  });

  test('says so when something else stands where the socket must go', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'lock.sock'));
    await assert.rejects(openJournal(folder), JournalFolderError);
  });
});
