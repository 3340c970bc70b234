import { closeSync, fdatasync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FirstTry } from '../../contract/first-try.ts';
import { isRecord } from '../../values/is-record.ts';
import { type ActivityLogger, nameOf } from '../activity.ts';
import { SharedSync } from '../journal/shared-sync.ts';

const datasync = promisify(fdatasync);

/** Longer than a workflow task that was lost takes to come again once Temporal is there. */
const GENERATION_MS = 60_000;

export interface KeptTriesOptions {
  /** Of the journal. Default: the tries are kept in memory, and are lost with the process. */
  readonly folder?: string | undefined;
  readonly logger: ActivityLogger;
  /** Milliseconds of a monotonic clock. Default: `performance.now`. */
  readonly now?: () => number;
}

interface OpenFile {
  readonly fd: number;
  readonly syncs: SharedSync;
}

/**
 * What became of first tries, until Temporal has it: a worker that gets the same workflow task again does not send again.
 *
 * Nobody tells when Temporal has it. But each try comes with a workflow task, which shows that Temporal is there. So a file is renamed by
 * the first try that comes a minute after it was begun, and dropped with the next one: what it holds outlives an outage of any length.
 */
export class KeptTries {
  readonly #folder: string | undefined;
  readonly #logger: ActivityLogger;
  readonly #now: () => number;
  #before = new Map<string, FirstTry>();
  #present = new Map<string, FirstTry>();
  #turnedAt: number;
  #file: OpenFile | undefined;

  constructor({ folder, logger, now = () => performance.now() }: KeptTriesOptions) {
    this.#folder = folder && join(folder, 'first-tries');
    this.#logger = logger;
    this.#now = now;
    this.#turnedAt = now();
    if (this.#folder === undefined) return;
    this.#before = readFile(join(this.#folder, BEFORE));
    this.#present = readFile(join(this.#folder, PRESENT));
  }

  find(key: string): FirstTry | undefined {
    this.#turn();
    return this.#present.get(key) ?? this.#before.get(key);
  }

  /** Written, but not synced: what is sent next waits for no disk, and a kill of the process loses nothing. */
  begin(key: string, begun: FirstTry): void {
    try {
      this.#write(key, begun);
    } catch (error) {
      this.#warn(error);
    }
  }

  /** Resolves when it is synced to the disk, or the disk has failed, which is logged. */
  async keep(key: string, end: FirstTry): Promise<void> {
    try {
      const file = this.#write(key, end);
      await file?.syncs.wait();
    } catch (error) {
      this.#warn(error);
    }
  }

  #write(key: string, end: FirstTry): OpenFile | undefined {
    this.#present.set(key, end);
    if (this.#folder === undefined) return undefined;
    const file = this.#open(this.#folder);
    // Synchronously, as the journal does: what is written survives a kill.
    writeSync(file.fd, `${JSON.stringify({ key, end })}\n`);
    return file;
  }

  #warn(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException;
    this.#logger.error({ error: nameOf(error), code }, 'could not keep the first try of a callback: check the disk');
  }

  #open(folder: string): OpenFile {
    if (this.#file !== undefined) return this.#file;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fd = openSync(join(folder, PRESENT), 'a', 0o600);
    this.#file = { fd, syncs: new SharedSync(() => datasync(fd)) };
    // Ends a line that a crash cut off.
    writeSync(fd, '\n');
    return this.#file;
  }

  #turn(): void {
    const now = this.#now();
    if (now - this.#turnedAt < GENERATION_MS) return;
    this.#turnedAt = now;
    this.#before = this.#present;
    this.#present = new Map();
    if (this.#folder === undefined) return;
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) void file.syncs.settle().then(() => closeSync(file.fd));
    try {
      renameSync(join(this.#folder, PRESENT), join(this.#folder, BEFORE));
    } catch {
      // Nothing was kept since.
    }
  }
}

const PRESENT = 'present.jsonl';
const BEFORE = 'before.jsonl';

/** A last line that a crash cut off is not JSON, and counts as missing. */
function readFile(file: string): Map<string, FirstTry> {
  const read = new Map<string, FirstTry>();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return read;
  }
  for (const line of text.split('\n')) {
    try {
      const value: unknown = JSON.parse(line);
      if (isRecord(value) && typeof value['key'] === 'string' && isRecord(value['end'])) {
        read.set(value['key'], value['end'] as unknown as FirstTry);
      }
    } catch {
      // Cut off.
    }
  }
  return read;
}
