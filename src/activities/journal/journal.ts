import { randomUUID } from 'node:crypto';
import { closeSync, fdatasync, openSync, writeFileSync } from 'node:fs';
import { access, constants, mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { JournalFolderError } from './journal-errors.ts';
import {
  type ActivityKey,
  attemptLine,
  type JournaledAttempt,
  type JournalRecord,
  keyOf,
  type KeptResult,
  parseRecord,
  resultLine,
} from './journal-entry.ts';
import { lockFolder } from './lock-folder.ts';

/** One attempt that the journal knows. */
export interface JournalEntry {
  readonly attempt: JournaledAttempt;
  /** Whether its result is on the disk. */
  readonly isKept: boolean;
  /** Adds the result; it is on the disk, synced, when this resolves. Rejects when the disk fails. */
  keep(result: unknown): Promise<void>;
  /** Reads the result back; undefined when there is none. */
  read(): Promise<KeptResult | undefined>;
  /** Removes the file. Never rejects: what is left is sorted out at the next start. */
  forget(): Promise<void>;
}

/**
 * The worker's notebook of running activities: a folder with one small file for each, which says how to report its end
 * to Temporal and, once there is one, its result.
 */
export interface Journal {
  readonly folder: string;
  /** Stays with the folder. In the identity of a worker it tells which journal that worker keeps. */
  readonly id: string;
  /** Whether the worker before this one died instead of closing the journal. */
  readonly wasAbandoned: boolean;
  /** What the worker before this one left behind, in no order. */
  readonly leftovers: readonly JournalEntry[];
  /** Notes that an attempt begins. Rejects when the disk fails. */
  begin(attempt: JournaledAttempt): Promise<JournalEntry>;
  /** The result of an earlier attempt of this activity that could not be reported. */
  find(key: ActivityKey): Promise<KeptResult | undefined>;
  /** Removes every file of this activity. Never rejects. */
  forget(key: ActivityKey): Promise<void>;
  /** Gives the folder back. Files stay for the next worker. */
  close(): Promise<void>;
}

export interface JournalOptions {
  /** Told how many entries there are, once at the start and whenever that changes. */
  readonly onChange?: (entries: number) => void;
}

const FILE = /^[0-9a-f-]{36}\.jsonl$/;

/**
 * Opens the journal in a folder, which is made if need be and is then held by this process alone. Answers of agents stand in
 * it, so it is made readable for its owner only.
 *
 * Files are written without a pause for the event loop: what is written outlives a kill, and under load each pause is
 * milliseconds in which it is not. Measured 0.05 ms for an attempt, 0.04 ms for a result (1.6 ms for one of 1 MB). Only the
 * fdatasync, which is for the end of the machine, is waited for: 0.2 ms (p99 4 ms) on a disk whose cache is safe, a few
 * milliseconds where the disk itself must write.
 *
 * @throws JournalLockedError when another worker uses it; JournalFolderError when it can't be made or written.
 */
export async function openJournal(folder: string, { onChange }: JournalOptions = {}): Promise<Journal> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new JournalFolderError(folder, `it can't be made or written (${code})`, { cause });
  }
  const lock = await lockFolder(folder);
  const id = await readId(join(folder, 'id'));
  const entries = new Map<string, Set<Entry>>();
  let size = 0;
  const resize = (by: number): void => onChange?.((size += by));
  const add = (file: string, { attempt, kept }: JournalRecord): Entry => {
    const siblings = entries.get(keyOf(attempt)) ?? new Set();
    entries.set(keyOf(attempt), siblings);
    const entry = new Entry(file, attempt, kept !== undefined, () => {
      if (!siblings.delete(entry)) return;
      resize(-1);
      if (siblings.size === 0 && entries.get(keyOf(attempt)) === siblings) entries.delete(keyOf(attempt));
    });
    siblings.add(entry);
    resize(1);
    return entry;
  };
  const siblingsOf = (key: ActivityKey): Entry[] => [...(entries.get(keyOf(key)) ?? [])];

  const leftovers: JournalEntry[] = [];
  for (const name of await readdir(folder)) {
    if (!FILE.test(name)) continue;
    const file = join(folder, name);
    const record = parseRecord(await readFile(file, 'utf8'));
    // Cut off while it was made: nothing had been done yet, and Temporal's own timeout finds the attempt.
    if (record === undefined) await unlink(file);
    else leftovers.push(add(file, record));
  }
  resize(0);

  return {
    folder,
    id,
    wasAbandoned: lock.wasAbandoned,
    leftovers,
    async begin(attempt) {
      const file = join(folder, `${randomUUID()}.jsonl`);
      writeFileSync(file, attemptLine(attempt), { mode: 0o600, flag: 'wx' });
      return add(file, { attempt, kept: undefined });
    },
    async find(key) {
      for (const entry of siblingsOf(key)) {
        const kept = entry.isKept ? await entry.read() : undefined;
        if (kept !== undefined) return kept;
      }
      return undefined;
    },
    async forget(key) {
      await Promise.all(siblingsOf(key).map((entry) => entry.forget()));
    },
    close: () => lock.release(),
  };
}

/** Made at the first start. */
async function readId(file: string): Promise<string> {
  const found = await readFile(file, 'utf8').catch(() => '');
  if (/^[0-9a-f]{8}$/.test(found)) return found;
  const made = randomUUID().slice(0, 8);
  writeFileSync(file, made, { mode: 0o600 });
  return made;
}

class Entry implements JournalEntry {
  readonly attempt: JournaledAttempt;
  readonly #file: string;
  readonly #onForget: () => void;
  #isKept: boolean;

  constructor(file: string, attempt: JournaledAttempt, isKept: boolean, onForget: () => void) {
    this.attempt = attempt;
    this.#file = file;
    this.#isKept = isKept;
    this.#onForget = onForget;
  }

  get isKept(): boolean {
    return this.#isKept;
  }

  async keep(result: unknown): Promise<void> {
    // Not made anew when it was forgotten meanwhile.
    const file = openSync(this.#file, constants.O_WRONLY | constants.O_APPEND);
    try {
      writeFileSync(file, resultLine(result));
      await promisify(fdatasync)(file);
    } finally {
      closeSync(file);
    }
    this.#isKept = true;
  }

  async read(): Promise<KeptResult | undefined> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    return parseRecord(text)?.kept;
  }

  async forget(): Promise<void> {
    this.#onForget();
    await unlink(this.#file).catch(() => undefined);
  }
}
