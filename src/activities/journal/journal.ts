import { access, constants, mkdir } from 'node:fs/promises';
import type { ActivityLogger } from '../activity.ts';
import { type ActivityKey, type JournaledAttempt, keyOf, type KeptResult } from './journal-entry.ts';
import { Checkpoints } from './checkpoints.ts';
import { identifyFolder, type JournalWriter, type Machine, thisMachine } from './journal-writer.ts';
import { JournalFolderError, lockFolder } from './lock-folder.ts';
import { Log, type LogEntry } from './log.ts';
import { readFolder } from './read-folder.ts';

/** One attempt in the journal. */
export interface JournalEntry {
  readonly attempt: JournaledAttempt;
  /** Whether its result is on the disk. */
  readonly isKept: boolean;
  /** Adds the result. Resolves when it is synced to disk; rejects when the disk fails. */
  keep(result: unknown): Promise<void>;
  /** Reads the result back; undefined when there is none. */
  read(): Promise<KeptResult | undefined>;
  /** Removes it. Never rejects: the next start cleans up what is left. */
  forget(): Promise<void>;
}

/**
 * The worker's record of running activities: a log in a folder. It says how to report the end of each activity to Temporal and,
 * once there is one, its result.
 */
export interface Journal {
  readonly folder: string;
  /** Stays with the folder. The identity of a worker ends with it, and so names its journal. */
  readonly id: string;
  /** Whether the previous worker crashed instead of closing the journal. */
  readonly wasAbandoned: boolean;
  /** What the previous worker left behind, in no order. */
  readonly leftovers: readonly JournalEntry[];
  /** How many entries it has. */
  readonly size: number;
  /** What running activities have kept for their next attempt. */
  readonly checkpoints: Checkpoints;
  /** Records that an attempt starts. Rejects when the disk fails. */
  begin(attempt: JournaledAttempt): Promise<JournalEntry>;
  /** The result of an earlier attempt of this activity that could not be reported. */
  find(key: ActivityKey): Promise<KeptResult | undefined>;
  /** Removes every entry of this activity. Never rejects. */
  forget(key: ActivityKey): Promise<void>;
  /** Unlocks the folder. Entries stay for the next worker. */
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
  /** As for `Log`. */
  readonly limit?: number;
}

/**
 * Opens the journal in a folder: creates the folder if needed and locks it for this process. It holds answers of agents, so
 * only its owner can read it.
 *
 * Only this worker's own entries become leftovers: see `readFolder`.
 *
 * @throws JournalLockedError when another worker uses it; JournalFolderError when it cannot be created, read or written.
 */
export async function openJournal(folder: string, options: JournalOptions = {}): Promise<Journal> {
  const { onChange, owner, machine = thisMachine(), logger, limit } = options;
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
    own = await readFolder(folder, { writer, isCopy: identity.isCopy, logger });
    // Not before: a copy that was saved is taken for an original.
    await identity.save();
  } catch (error) {
    await lock.release();
    throw error instanceof JournalFolderError ? error : toFolderError(folder, error);
  }
  const log = new Log({ folder, writer, leftovers: own, limit });
  const entries = new Map<string, Set<JournalEntry>>();
  let size = 0;
  const resize = (by: number): void => {
    size += by;
    onChange?.(size);
  };
  const add = (stored: LogEntry): JournalEntry => {
    const { attempt } = stored;
    const key = keyOf(attempt);
    const siblings = entries.get(key) ?? new Set();
    entries.set(key, siblings);
    const entry: JournalEntry = {
      attempt,
      get isKept() {
        return stored.isKept;
      },
      keep: (result) => log.keep(stored, result),
      read: () => Promise.resolve(log.read(stored)),
      forget() {
        log.forget(stored);
        if (siblings.delete(entry)) resize(-1);
        if (siblings.size === 0 && entries.get(key) === siblings) entries.delete(key);
        return Promise.resolve();
      },
    };
    siblings.add(entry);
    resize(1);
    return entry;
  };
  const siblingsOf = (key: ActivityKey): JournalEntry[] => [...(entries.get(keyOf(key)) ?? [])];

  const leftovers = own.map(add);
  resize(0);

  return {
    folder,
    id: identity.id,
    // Activities of the former id belong to another worker.
    wasAbandoned: lock.wasAbandoned && !identity.isNew,
    leftovers,
    get size() {
      return size;
    },
    checkpoints: new Checkpoints(folder),
    begin: async (attempt) => Promise.resolve(add(log.begin(attempt))),
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
    async close() {
      await log.close();
      await lock.release();
    },
  };
}

function toFolderError(folder: string, cause: unknown): JournalFolderError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new JournalFolderError(folder, `cannot create, read or write it (${code})`, { cause });
}
