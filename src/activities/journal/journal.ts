import { randomUUID } from 'node:crypto';
import { closeSync, fdatasync, openSync, rmSync, writeFileSync } from 'node:fs';
import { access, constants, mkdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ActivityLogger } from '../activity.ts';
import {
  type ActivityKey,
  attemptLine,
  type JournaledAttempt,
  keyOf,
  type KeptResult,
  parseRecord,
  resultLine,
} from './journal-entry.ts';
import { Checkpoints } from './checkpoints.ts';
import { identifyFolder, type JournalWriter, type Machine, thisMachine } from './journal-writer.ts';
import { JournalFolderError, lockFolder } from './lock-folder.ts';
import { type OwnEntry, readEntries } from './read-entries.ts';

/** One attempt in the journal. */
export interface JournalEntry {
  readonly attempt: JournaledAttempt;
  /** Whether its result is on the disk. */
  readonly isKept: boolean;
  /** Adds the result. Resolves when it is synced to disk; rejects when the disk fails. */
  keep(result: unknown): Promise<void>;
  /** Reads the result back; undefined when there is none. */
  read(): Promise<KeptResult | undefined>;
  /** Removes the file. Never rejects: the next start cleans up what is left. */
  forget(): Promise<void>;
}

/**
 * The worker's record of running activities: a folder with one small file for each. The file says how to report the activity's
 * end to Temporal and, once there is one, its result.
 */
export interface Journal {
  readonly folder: string;
  /** Stays with the folder. The identity of a worker ends with it, and so names its journal. */
  readonly id: string;
  /** Whether the previous worker crashed instead of closing the journal. */
  readonly wasAbandoned: boolean;
  /** What the previous worker left behind, in no order. */
  readonly leftovers: readonly JournalEntry[];
  /** What running activities have kept for their next attempt. */
  readonly checkpoints: Checkpoints;
  /** Records that an attempt starts. Rejects when the disk fails. */
  begin(attempt: JournaledAttempt): Promise<JournalEntry>;
  /** The result of an earlier attempt of this activity that could not be reported. */
  find(key: ActivityKey): Promise<KeptResult | undefined>;
  /** Removes every file of this activity. Never rejects. */
  forget(key: ActivityKey): Promise<void>;
  /** Unlocks the folder. Files stay for the next worker. */
  close(): Promise<void>;
}

export interface JournalOptions {
  /** Called with the number of entries, at the start and on every change. */
  readonly onChange?: (entries: number) => void;
  /** Namespace and server of Temporal. Entries of others are not reported. Default: not checked. */
  readonly owner?: string;
  /** Default: this one. */
  readonly machine?: Machine;
  readonly logger?: ActivityLogger;
}

/**
 * Opens the journal in a folder: creates the folder if needed and locks it for this process. It holds answers of agents, so
 * only its owner can read it.
 *
 * Files are written synchronously: written data survives a kill, and under load an asynchronous write leaves milliseconds in
 * which it would not. Measured 0.05 ms for an attempt, 0.04 ms for a result (1.6 ms for one of 1 MB). Only the fdatasync, which
 * protects from a machine crash, is asynchronous: 0.2 ms (p99 4 ms) on a disk with a safe cache, a few milliseconds otherwise.
 *
 * Only this worker's own entries become leftovers: see `readEntries`.
 *
 * @throws JournalLockedError when another worker uses it; JournalFolderError when it cannot be created, read or written.
 */
export async function openJournal(folder: string, options: JournalOptions = {}): Promise<Journal> {
  const { onChange, owner, machine = thisMachine(), logger } = options;
  const writer: JournalWriter = { ...(owner !== undefined && { owner }), ...machine };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw toFolderError(folder, cause);
  }
  const lock = await lockFolder(folder);
  let identity, own;
  try {
    identity = await identifyFolder(folder, machine);
    own = await readEntries(folder, { writer, isCopy: identity.isCopy, logger });
    // Not before: a copy that was saved is taken for an original.
    await identity.save();
  } catch (error) {
    await lock.release();
    throw error instanceof JournalFolderError ? error : toFolderError(folder, error);
  }
  const entries = new Map<string, Set<Entry>>();
  let size = 0;
  const resize = (by: number): void => onChange?.((size += by));
  const add = ({ file, record: { attempt, kept } }: OwnEntry): Entry => {
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

  const leftovers = own.map(add);
  resize(0);

  return {
    folder,
    id: identity.id,
    // Activities of the former id belong to another worker.
    wasAbandoned: lock.wasAbandoned && !identity.isNew,
    leftovers,
    checkpoints: new Checkpoints(folder),
    async begin(attempt) {
      const file = join(folder, `${randomUUID()}.jsonl`);
      try {
        writeFileSync(file, attemptLine(attempt, writer), { mode: 0o600, flag: 'wx' });
      } catch (error) {
        // A full disk still creates the file.
        rmSync(file, { force: true });
        throw error;
      }
      return add({ file, record: { attempt, kept: undefined, writer } });
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

function toFolderError(folder: string, cause: unknown): JournalFolderError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new JournalFolderError(folder, `cannot create, read or write it (${code})`, { cause });
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
    // Not created again when it was forgotten meanwhile.
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
