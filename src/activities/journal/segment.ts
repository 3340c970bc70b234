import { randomUUID } from 'node:crypto';
import { closeSync, fdatasync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SharedSync } from './shared-sync.ts';

/** Where a line is in its segment, in bytes, without the line feed. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** A line that counts begins with the one, a line that no longer does with the other. */
export const MARK = { valid: '+', void: '-' } as const;

/**
 * An append-only file of JSON lines. Lines are written synchronously: written data survives a kill, and under load an asynchronous
 * write leaves milliseconds in which it would not. What protects from a crash of the machine, fdatasync, is asynchronous, and one
 * serves every line that waits for it.
 *
 * A write that fails leaves no trace: the next one takes its place, and what is behind the last line feed is not read.
 */
export class Segment {
  readonly path: string;
  #size = 0;
  #fd: number | undefined;
  readonly #syncs = new SharedSync(() => this.#sync());

  /** An existing file, which gets no more lines. */
  constructor(path: string) {
    this.path = path;
  }

  /** @throws the error of the file system; then no file is left */
  static create(folder: string, header: object): Segment {
    const segment = new Segment(join(folder, `log-${randomUUID()}.jsonl`));
    try {
      segment.#fd = openSync(segment.path, 'wx+', 0o600);
      segment.append(header);
      return segment;
    } catch (error) {
      void segment.drop();
      throw error;
    }
  }

  /** Bytes written by this process. */
  get size(): number {
    return this.#size;
  }

  /** @throws the error of the file system */
  append(line: object): Place {
    const bytes = Buffer.from(`${MARK.valid}${JSON.stringify(line)}\n`);
    const offset = this.#size;
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#open(), bytes, done, bytes.length - done, offset + done);
    }
    this.#size += bytes.length;
    return { offset, length: bytes.length - 1 };
  }

  /** Makes a line void, in its place: on a full disk there is no room for another. Never throws. */
  void({ offset }: Place): void {
    try {
      writeSync(this.#open(), MARK.void, offset);
    } catch {
      // Temporal rejects a second report.
    }
  }

  /** @throws the error of the file system */
  read({ offset, length }: Place): string {
    const bytes = Buffer.alloc(length - 1);
    readSync(this.#open(), bytes, 0, bytes.length, offset + 1);
    return bytes.toString('utf8');
  }

  /** Resolves when all that is written by now is on the disk; rejects when the disk fails, or somebody has deleted the file. */
  sync(): Promise<void> {
    return this.#syncs.wait();
  }

  /** Resolves when no sync is under way. Never rejects. */
  settle(): Promise<void> {
    return this.#syncs.settle();
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.settle();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Deletes the file at once, and closes it. Never rejects: the next start deletes what is left. */
  async drop(): Promise<void> {
    try {
      rmSync(this.path, { force: true });
      await this.close();
    } catch {
      // As above.
    }
  }

  async #sync(): Promise<void> {
    const fd = this.#open();
    await promisify(fdatasync)(fd);
    if (fstatSync(fd).nlink > 0) return;
    throw Object.assign(new Error(`${this.path} was deleted`), { code: 'ENOENT' });
  }

  #open(): number {
    return (this.#fd ??= openSync(this.path, 'r+'));
  }
}
