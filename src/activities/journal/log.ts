import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { toRecord } from '../../values/is-record.ts';
import type { JournaledAttempt, KeptResult } from './journal-entry.ts';
import type { JournalWriter } from './journal-writer.ts';
import { type Place, Segment } from './segment.ts';

export const LOG_VERSION = 2;

/** An attempt in the log, and where. */
export interface LogEntry {
  /** The same in every segment. */
  readonly id: string;
  readonly attempt: JournaledAttempt;
  /** Its first line. It is in more than one segment while the log is compacted. */
  readonly places: Map<Segment, Place>;
  result: StoredResult | undefined;
  /** Whether the result is synced. */
  isKept: boolean;
}

interface StoredResult {
  readonly segment: Segment;
  readonly place: Place;
}

export interface LogOptions {
  readonly folder: string;
  readonly writer: JournalWriter;
  /** What earlier workers left. */
  readonly leftovers: readonly LogEntry[];
  /** How many bytes a segment may have before the log is compacted. Default: 1 MiB. */
  readonly limit?: number | undefined;
}

const LIMIT = 1 << 20;
/** Answers that are delivered leave the disk this soon after the last one. */
const IDLE_MS = 1000;

/**
 * The journal's files: one segment that grows, and those from which entries have not been copied yet. A segment that is too
 * large is replaced by one with the entries that still count; when there are none, it is deleted.
 */
export class Log {
  readonly #folder: string;
  readonly #header: object;
  readonly #smallest: number;
  readonly #ids = randomUUID().slice(0, 8);
  readonly #entries: Set<LogEntry>;
  readonly #segments = new Set<Segment>();
  #limit: number;
  #count = 0;
  #current: Segment | undefined;
  #compacting: Promise<void> | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor({ folder, writer, leftovers, limit = LIMIT }: LogOptions) {
    this.#folder = folder;
    this.#header = { version: LOG_VERSION, writer };
    this.#smallest = this.#limit = limit;
    this.#entries = new Set(leftovers);
    for (const { places } of leftovers) for (const segment of places.keys()) this.#segments.add(segment);
  }

  /** Adds an attempt. It survives a kill when this returns. @throws the error of the file system */
  begin(attempt: JournaledAttempt): LogEntry {
    if (this.#current !== undefined && this.#current.size > this.#limit) {
      this.#compacting ??= this.#compact().finally(() => (this.#compacting = undefined));
    }
    const id = `${this.#ids}-${(this.#count += 1)}`;
    const entry: LogEntry = { id, attempt, places: new Map(), result: undefined, isKept: false };
    this.#place(entry, (this.#current ??= this.#grow()));
    this.#entries.add(entry);
    return entry;
  }

  /** Adds a result. Resolves when it is synced; rejects when the disk fails, or the entry is forgotten. */
  async keep(entry: LogEntry, result: unknown): Promise<void> {
    if (!this.#entries.has(entry)) throw new Error('The entry was forgotten.');
    const segment = (this.#current ??= this.#grow());
    this.#place(entry, segment);
    // Known before it is synced, so that it is copied if the log is compacted now.
    entry.result = { segment, place: segment.append({ id: entry.id, result }) };
    try {
      await segment.sync();
      entry.isKept = true;
    } catch (error) {
      // The system may take for written what it could not write.
      if (this.#current === segment) this.#current = undefined;
      entry.result = undefined;
      throw error;
    }
  }

  /** @returns undefined when there is no result, or it cannot be read */
  read({ result }: LogEntry): KeptResult | undefined {
    try {
      return result && toResult(result);
    } catch {
      return undefined;
    }
  }

  /** Never throws: Temporal rejects the second report of what stays in a file. */
  forget(entry: LogEntry): void {
    if (!this.#entries.delete(entry)) return;
    for (const [segment, place] of entry.places) {
      if (this.#isNeeded(segment)) segment.void(place);
      else this.#drop(segment);
    }
    if (this.#entries.size > 0) return;
    this.#idle ??= setTimeout(() => {
      this.#idle = undefined;
      if (this.#entries.size === 0) void this.#end();
    }, IDLE_MS).unref();
  }

  /** Closes the files, and deletes those without entries. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#compacting;
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#current = undefined;
    const ending = [...this.#segments].map((segment) => {
      if (this.#isNeeded(segment)) return segment.close();
      this.#segments.delete(segment);
      return segment.drop();
    });
    await Promise.all(ending);
  }

  #isNeeded(segment: Segment): boolean {
    if (segment === this.#current) return true;
    for (const { places } of this.#entries) if (places.has(segment)) return true;
    return false;
  }

  #drop(segment: Segment): void {
    this.#segments.delete(segment);
    void segment.drop();
  }

  #grow(): Segment {
    const segment = Segment.create(this.#folder, this.#header);
    this.#segments.add(segment);
    return segment;
  }

  #place({ id, attempt, places }: LogEntry, segment: Segment): void {
    if (!places.has(segment)) places.set(segment, segment.append({ id, attempt }));
  }

  /** Copies all entries into a new segment and deletes the others. When the disk fails, the next one does. */
  async #compact(): Promise<void> {
    const former = [...this.#segments];
    let segment: Segment;
    try {
      segment = this.#grow();
    } catch {
      return;
    }
    this.#current = segment;
    try {
      for (const entry of this.#entries) {
        this.#place(entry, segment);
        if (entry.result !== undefined && entry.result.segment !== segment) {
          entry.result = { segment, place: segment.append({ id: entry.id, ...toResult(entry.result) }) };
        }
        await setImmediate();
      }
      await segment.sync();
      await Promise.all(former.map((each) => each.settle()));
    } catch {
      return;
    } finally {
      this.#limit = Math.max(this.#smallest, 2 * segment.size);
    }
    for (const each of former) {
      for (const { places } of this.#entries) places.delete(each);
      if (this.#segments.has(each)) this.#drop(each);
    }
  }
}

/** @throws the error of the file system; SyntaxError */
function toResult({ segment, place }: StoredResult): KeptResult {
  return { result: toRecord(JSON.parse(segment.read(place)))['result'] };
}
