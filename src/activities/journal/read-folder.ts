import { copyFile, mkdir, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ActivityLogger } from '../activity.ts';
import { isForeign, type JournalWriter } from './journal-writer.ts';
import { JournalFolderError } from './lock-folder.ts';
import type { LogEntry } from './log.ts';
import { readFormerEntry, readSegment, type SegmentContent } from './read-segment.ts';

export interface ReadFolderOptions {
  readonly writer: JournalWriter;
  /** Whether the folder was copied: all entries are of the original's worker. */
  readonly isCopy: boolean;
  readonly logger?: ActivityLogger | undefined;
}

const SEGMENT = /^log-[0-9a-f-]{36}\.jsonl$/;
/** Earlier versions had a file for each entry. */
const FORMER_ENTRY = /^[0-9a-f-]{36}\.jsonl$/;

/**
 * Reads the entries of a folder that this worker may report. Moves files with entries of others into `foreign`, and unreadable
 * ones into `unreadable`; deletes those without entries. Logs one line for each kind.
 *
 * @throws JournalFolderError when the folder is a copy whose entries cannot be moved: the next start would report them
 */
export async function readFolder(folder: string, { writer, isCopy, logger }: ReadFolderOptions): Promise<LogEntry[]> {
  const read: (SegmentContent & { readonly file: string })[] = [];
  const unreadable: string[] = [];
  const damaged: string[] = [];
  const foreign: string[] = [];
  const own = new Map<string, LogEntry>();
  let truncated = 0;
  for (const name of await readdir(folder)) {
    const parse = SEGMENT.test(name) ? readSegment : FORMER_ENTRY.test(name) ? readFormerEntry : undefined;
    if (parse === undefined) continue;
    const file = join(folder, name);
    const bytes = await readFile(file).catch(() => undefined);
    const content = bytes && parse(file, bytes);
    if (content !== undefined) read.push({ file, ...content });
    else if (bytes !== undefined && !bytes.includes('\n')) {
      // Nothing was done yet, and Temporal's own timeout ends the attempt.
      truncated += 1;
      await unlink(file).catch(() => undefined);
    } else unreadable.push(file);
  }
  const gone = new Set(read.flatMap((each) => each.gone));
  for (const { file, entries, writer: theirs, isDamaged } of read) {
    const valid = entries.filter(({ id }) => !gone.has(id));
    if (isDamaged) damaged.push(file);
    else if (valid.length === 0) await unlink(file).catch(() => undefined);
    if (valid.length > 0 && (isCopy || isForeign(theirs, writer))) foreign.push(file);
    else for (const entry of valid) own.set(entry.id, merge(own.get(entry.id), entry));
  }
  if (truncated > 0) logger?.info({ folder, files: truncated }, 'deleted truncated journal files');
  if (unreadable.length + damaged.length > 0) {
    const aside = join(folder, 'unreadable');
    // The entries that can be read are still reported from a damaged file.
    const moved = (await setAside(unreadable, aside, rename)) + (await setAside(damaged, aside, copyFile));
    const files = unreadable.length + damaged.length;
    logger?.warn({ folder, files, moved }, 'cannot read all of the journal: put the files into unreadable');
  }
  if (foreign.length > 0) {
    const moved = await setAside(foreign, join(folder, 'foreign'), rename);
    logger?.warn(
      { folder, files: foreign.length, moved },
      'journal entries belong to another namespace, Temporal server or machine: moved them to foreign without reporting them',
    );
    if (isCopy && moved < foreign.length) {
      throw new JournalFolderError(folder, 'it is a copy, and the entries in it cannot be moved to foreign');
    }
  }
  return [...own.values()];
}

/** An entry is in two segments when the worker was killed while it compacted its log. */
function merge(one: LogEntry | undefined, other: LogEntry): LogEntry {
  if (one === undefined) return other;
  const { result, isKept } = one.isKept ? one : other;
  return { ...other, places: new Map([...one.places, ...other.places]), result, isKept };
}

/** Never rejects. @returns how many files it put there */
async function setAside(files: readonly string[], folder: string, put: typeof rename): Promise<number> {
  await mkdir(folder, { mode: 0o700 }).catch(() => undefined);
  let done = 0;
  for (const file of files) {
    await put(file, join(folder, basename(file))).then(
      () => (done += 1),
      () => undefined,
    );
  }
  return done;
}
