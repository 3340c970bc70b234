import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { JournaledAttempt } from '../../src/activities/journal/journal-entry.ts';
import { type Journal, type JournalOptions, openJournal } from '../../src/activities/journal/journal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const KILLED = fileURLToPath(new URL('../support/journal-killed-at-step.ts', import.meta.url));

function attempt(workflowId: string): JournaledAttempt {
  const common = { runId: 'execution', activityId: 'agent', scheduledAt: 1, activityType: 'runAgent', attempt: 1 };
  return { workflowId, ...common, taskToken: 'dG9rZW4=' };
}

async function open(t: TestContext, options: JournalOptions = {}, folder = temporaryFolder(t)): Promise<Journal> {
  const journal = await openJournal(folder, options);
  t.after(() => journal.close());
  return journal;
}

function segments(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('log-'));
}

/** What a journal gives its next worker. */
async function reopened(folder: string): Promise<Record<string, unknown>> {
  const journal = await openJournal(folder);
  const left = await Promise.all(
    journal.leftovers.map(async (entry) => [
      entry.attempt.workflowId ?? '',
      entry.isKept ? (await entry.read())?.result : undefined,
    ]),
  );
  await journal.close();
  assert.equal(new Set(left.map(([name]) => name)).size, left.length, 'an entry came back twice');
  return Object.fromEntries(left) as Record<string, unknown>;
}

function diskFull(): never {
  throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
}

/** Replaces a function of `node:fs` until the returned function is called. */
function replace<K extends 'writeSync' | 'fdatasync' | 'openSync'>(name: K, by: (typeof fs)[K]): () => void {
  const real = fs[name];
  fs[name] = by;
  syncBuiltinESMExports();
  return () => {
    fs[name] = real;
    syncBuiltinESMExports();
  };
}

describe('the log of the journal', () => {
  test('has one sync for all that wait, and none that began before what it is for', async (t) => {
    const journal = await open(t);
    const entries = await Promise.all(['a', 'b', 'c', 'd'].map((name) => journal.begin(attempt(name))));
    const ends: (() => void)[] = [];
    const restore = replace('fdatasync', ((_fd: number, end: (error: Error | null) => void) => {
      ends.push(() => end(null));
    }) as typeof fs.fdatasync);
    t.after(restore);
    const kept: string[] = [];
    const keep = (index: number): Promise<unknown> =>
      (entries[index]?.keep('x') ?? Promise.reject(new Error('none'))).then(() => kept.push('abcd'[index] ?? ''));
    const first = keep(0);
    await waitFor('the first sync', () => ends.length === 1);
    const others = [keep(1), keep(2), keep(3)];
    await setImmediate();
    assert.deepEqual([ends.length, kept], [1, []]);
    assert.equal(await journal.find(attempt('a')), undefined, 'a result is reported that is not on the disk');
    ends[0]?.();
    await first;
    await waitFor('the second sync', () => ends.length === 2);
    assert.deepEqual(kept, ['a']);
    ends[1]?.();
    await Promise.all(others);
    assert.deepEqual([ends.length, kept], [2, ['a', 'b', 'c', 'd']]);
  });

  test('does not grow with what is over, while it is in use, and loses nothing that is not', async (t) => {
    const limit = 20_000;
    const journal = await open(t, { limit });
    const long = await journal.begin(attempt('long'));
    const outage = await journal.begin(attempt('outage'));
    await outage.keep('waits for Temporal');
    let largest = 0;
    const work = async (worker: number): Promise<void> => {
      for (let round = 0; round < 100; round += 1) {
        const entry = await journal.begin(attempt(`run-${worker}-${round}`));
        await entry.keep('y'.repeat(300));
        await entry.forget();
        const sizes = segments(journal.folder).map((name) => statSync(join(journal.folder, name)).size);
        largest = Math.max(
          largest,
          sizes.reduce((sum, size) => sum + size, 0),
        );
      }
    };
    await Promise.all([0, 1, 2, 3].map(work));
    assert.ok(largest > limit && largest < 3 * limit, `the log had ${largest} bytes`);
    await long.keep('late');
    const copy = join(temporaryFolder(t), 'journal');
    cpSync(journal.folder, copy, { recursive: true, filter: (file) => !file.endsWith('.sock') });
    rmSync(join(copy, 'id'));
    assert.deepEqual(await reopened(copy), { long: 'late', outage: 'waits for Temporal' });
  });

  test('has no answer on the disk a second after the last was delivered', async (t) => {
    const journal = await open(t);
    const entry = await journal.begin(attempt('a'));
    await entry.keep('a secret');
    await entry.forget();
    await waitFor('the deletion', () => segments(journal.folder).length === 0);
    await (await journal.begin(attempt('b'))).keep('works on');
    assert.deepEqual(await journal.find(attempt('b')), { result: 'works on' });
  });

  test('survives a disk that is full for a while, in the middle of a line too', async (t) => {
    const journal = await open(t);
    const before = await journal.begin(attempt('before'));
    const { writeSync } = fs;
    let writes = 0;
    const restore = replace('writeSync', ((fd: number, bytes: Buffer, offset: number, _length: number, at: number) => {
      if ((writes += 1) > 1) diskFull();
      return writeSync(fd, bytes, offset, 70, at);
    }) as typeof fs.writeSync);
    await assert.rejects(before.keep('a result that is cut off after some bytes'.repeat(5)), { code: 'ENOSPC' });
    await assert.rejects(journal.begin(attempt('never')), { code: 'ENOSPC' });
    restore();
    assert.equal(before.isKept, false);
    const after = await journal.begin(attempt('after'));
    await after.keep('short');
    await before.keep('again');
    await journal.close();
    assert.deepEqual(await reopened(journal.folder), { before: 'again', after: 'short' });
  });

  test('forgets on a full disk', async (t) => {
    const journal = await open(t);
    const entry = await journal.begin(attempt('a'));
    await journal.begin(attempt('b'));
    const { writeSync } = fs;
    // What is there can be replaced.
    const restore = replace('writeSync', ((fd: number, mark: string, at: number) => {
      if (at + mark.length > fs.fstatSync(fd).size) diskFull();
      return writeSync(fd, mark, at);
    }) as typeof fs.writeSync);
    await entry.forget();
    restore();
    await journal.close();
    assert.deepEqual(await reopened(journal.folder), { b: undefined });
  });

  test('goes on in a new file when a sync fails', async (t) => {
    const journal = await open(t);
    const entry = await journal.begin(attempt('a'));
    const restore = replace('fdatasync', ((_fd: number, end: (error: Error) => void) => {
      end(Object.assign(new Error('i/o error'), { code: 'EIO' }));
    }) as typeof fs.fdatasync);
    await assert.rejects(entry.keep('x'), { code: 'EIO' });
    restore();
    await entry.forget();
    await (await journal.begin(attempt('b'))).keep('y');
    assert.equal(segments(journal.folder).length, 1);
    await journal.close();
    assert.deepEqual(await reopened(journal.folder), { b: 'y' });
  });

  test('rejects what it writes to a folder that is deleted or cannot be written any more', async (t) => {
    const journal = await open(t);
    const entry = await journal.begin(attempt('a'));
    for (const name of segments(journal.folder)) rmSync(join(journal.folder, name));
    await assert.rejects(entry.keep('x'), { code: 'ENOENT' });
    const restore = replace('openSync', () => {
      throw Object.assign(new Error('read-only file system'), { code: 'EROFS' });
    });
    await assert.rejects(journal.begin(attempt('b')), { code: 'EROFS' });
    restore();
    await journal.begin(attempt('c'));
  });

  test('reports what it can read of a damaged file, and puts a copy of it aside', async (t) => {
    const folder = temporaryFolder(t);
    const before = await openJournal(folder);
    for (const name of ['a', 'b', 'c']) await (await before.begin(attempt(name))).keep(name);
    await before.close();
    const [name = ''] = segments(folder);
    const lines = readFileSync(join(folder, name), 'utf8').split('\n');
    writeFileSync(join(folder, name), lines.map((line, index) => (index === 3 ? line.slice(5) : line)).join('\n'));
    assert.deepEqual(await reopened(folder), { a: 'a', c: 'c' });
    assert.deepEqual(readdirSync(join(folder, 'unreadable')), [name]);
  });

  test('keeps to its word when it is killed before any step of its work', { timeout: 300_000 }, async (t) => {
    const bundle = join(temporaryFolder(t), 'bundle.mjs');
    await build({
      entryPoints: [KILLED],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
    const template = temporaryFolder(t);
    await prepare(template);
    const judge = async (step: number): Promise<boolean> => {
      const folder = join(temporaryFolder(t), 'journal');
      cpSync(template, folder, { recursive: true });
      const { stdout, signal } = await runBundle(bundle, folder, step);
      const told = stdout.split('\n');
      const names = (what: string): string[] =>
        told.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1));
      const left = await reopened(folder);
      const at = `killed before step ${step}: ${JSON.stringify({ told, left })}`;
      const forgetting = new Set(names('forgetting'));
      for (const name of ['former', 'left', ...names('begun')]) {
        if (!forgetting.has(name)) assert.ok(name in left, `${name} is lost, ${at}`);
      }
      for (const name of ['former', 'left', ...names('kept')]) {
        if (!forgetting.has(name)) assert.equal(left[name], `answer of ${name}`, at);
      }
      for (const name of names('forgotten')) assert.ok(!(name in left), `${name} came back, ${at}`);
      for (const [name, result] of Object.entries(left)) {
        assert.ok(result === undefined || result === `answer of ${name}`, at);
      }
      const isDone = told.includes('done');
      assert.equal(signal, isDone ? null : 'SIGKILL', at);
      return isDone;
    };
    let step = 1;
    for (const AT_ONCE = 8; ; step += AT_ONCE) {
      const done = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => judge(step + index)));
      if (done.every(Boolean)) break;
    }
    t.diagnostic(`${step - 1} steps`);
    assert.ok(step > 60, `only ${step} steps`);
  });
});

async function runBundle(bundle: string, folder: string, step: number) {
  const child = spawn(process.execPath, [bundle, folder, String(step)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stdout = text(child.stdout);
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { stdout: await stdout, signal };
}

/** What an earlier version and an earlier worker left. */
async function prepare(folder: string): Promise<void> {
  const lines = [{ version: 1, ...attempt('former') }, { result: 'answer of former' }];
  const content = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(join(folder, '00000000-0000-4000-8000-000000000000.jsonl'), content);
  const before = await openJournal(folder);
  await (await before.begin(attempt('left'))).keep('answer of left');
  await (await before.begin(attempt('left-to-forget'))).keep('answer of left-to-forget');
  await before.close();
  // A folder with the id of another is a copy, which reports nothing.
  rmSync(join(folder, 'id'));
}
