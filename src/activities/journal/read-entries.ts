import { mkdir, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ActivityLogger } from '../activity.ts';
import { type JournalRecord, parseRecord } from './journal-entry.ts';
import { isForeign, type JournalWriter } from './journal-writer.ts';
import { JournalFolderError } from './lock-folder.ts';

export interface ReadEntriesOptions {
  readonly writer: JournalWriter;
  /** Whether the folder was copied: all entries are of the original's worker. */
  readonly isCopy: boolean;
  readonly logger?: ActivityLogger | undefined;
}

/** An entry that this worker may report. */
export interface OwnEntry {
  readonly file: string;
  readonly record: JournalRecord;
}

const FILE = /^[0-9a-f-]{36}\.jsonl$/;

/**
 * Reads the entries of a folder that this worker may report. Moves entries of others into `foreign`, and unreadable ones into
 * `unreadable`; deletes those that were truncated while they were created. Logs one line for each kind.
 *
 * @throws JournalFolderError when the folder is a copy whose entries cannot be moved: the next start would report them
 */
export async function readEntries(
  folder: string,
  { writer, isCopy, logger }: ReadEntriesOptions,
): Promise<readonly OwnEntry[]> {
  const own: OwnEntry[] = [];
  const foreign: string[] = [];
  const unreadable: string[] = [];
  let truncated = 0;
  for (const name of await readdir(folder)) {
    if (!FILE.test(name)) continue;
    const file = join(folder, name);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    const record = text === undefined ? undefined : parseRecord(text);
    if (record !== undefined) {
      if (isCopy || isForeign(record.writer, writer)) foreign.push(file);
      else own.push({ file, record });
    } else if (text !== undefined && !text.includes('\n')) {
      // Nothing was done yet, and Temporal's own timeout ends the attempt.
      truncated += 1;
      await unlink(file).catch(() => undefined);
    } else unreadable.push(file);
  }
  if (truncated > 0) logger?.info({ folder, entries: truncated }, 'deleted truncated journal entries');
  if (unreadable.length > 0) {
    const moved = await moveAside(unreadable, join(folder, 'unreadable'));
    logger?.warn(
      { folder, entries: unreadable.length, moved },
      'cannot read journal entries: moved them to unreadable',
    );
  }
  if (foreign.length > 0) {
    const moved = await moveAside(foreign, join(folder, 'foreign'));
    logger?.warn(
      { folder, entries: foreign.length, moved },
      'journal entries belong to another namespace, Temporal server or machine: moved them to foreign without reporting them',
    );
    if (isCopy && moved < foreign.length) {
      throw new JournalFolderError(folder, 'it is a copy, and the entries in it cannot be moved to foreign');
    }
  }
  return own;
}

/** Never rejects. @returns how many it moved */
async function moveAside(files: readonly string[], folder: string): Promise<number> {
  await mkdir(folder, { mode: 0o700 }).catch(() => undefined);
  let moved = 0;
  for (const file of files) {
    await rename(file, join(folder, basename(file))).then(
      () => (moved += 1),
      () => undefined,
    );
  }
  return moved;
}
