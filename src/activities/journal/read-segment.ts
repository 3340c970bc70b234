import { basename } from 'node:path';
import { isRecord } from '../../values/is-record.ts';
import { isAttempt } from './journal-entry.ts';
import { type JournalWriter, toWriter } from './journal-writer.ts';
import { LOG_VERSION, type LogEntry } from './log.ts';
import { MARK, type Place, Segment } from './segment.ts';

/** What a file of the journal holds. */
export interface SegmentContent {
  /** Undefined in files of early versions. */
  readonly writer: JournalWriter | undefined;
  readonly entries: readonly LogEntry[];
  /** The IDs of entries that were forgotten. */
  readonly gone: readonly string[];
  /** Whether a line that was written to its end cannot be read. */
  readonly isDamaged: boolean;
}

/**
 * Reads a segment. What is behind the last line feed was truncated by a crash, and counts as missing.
 *
 * @returns undefined when its first line cannot be read
 */
export function readSegment(file: string, bytes: Buffer): SegmentContent | undefined {
  const segment = new Segment(file);
  const [header, ...lines] = linesOf(bytes);
  const { version, writer } = header?.value ?? {};
  if (version !== LOG_VERSION) return undefined;
  const entries = new Map<string, LogEntry>();
  const results = new Map<string, Place>();
  const gone: string[] = [];
  let isDamaged = false;
  for (const { place, isVoid, value } of lines) {
    const { id, attempt } = value ?? {};
    if (typeof id !== 'string') isDamaged = true;
    else if (isVoid) gone.push(id);
    else if (isRecord(attempt) && isAttempt(attempt)) {
      entries.set(id, { id, attempt, places: new Map([[segment, place]]), result: undefined, isKept: false });
    } else results.set(id, place);
  }
  for (const [id, place] of results) {
    const entry = entries.get(id);
    if (entry !== undefined) Object.assign(entry, { result: { segment, place }, isKept: true });
  }
  return { writer: toWriter(writer), entries: [...entries.values()], gone, isDamaged };
}

/**
 * Reads the file that an earlier version wrote for an entry: a line with the attempt and, once there was one, a line with its
 * result. It is deleted when its entry is forgotten, or copied into a segment.
 *
 * @returns undefined when its first line cannot be read
 */
export function readFormerEntry(file: string, bytes: Buffer): SegmentContent | undefined {
  const segment = new Segment(file);
  const [first = '', second = ''] = bytes.toString('utf8').split('\n');
  const { version, writer, ...attempt } = parse(first) ?? {};
  if (version !== 1 || !isAttempt(attempt)) return undefined;
  // Its lines have no mark, as if it stood before them.
  const placeOf = (offset: number, text: string): Place => ({
    offset: offset - 1,
    length: Buffer.byteLength(text) + 1,
  });
  const isKept = parse(second) !== undefined;
  const entry: LogEntry = {
    id: basename(file),
    attempt,
    places: new Map([[segment, placeOf(0, first)]]),
    result: isKept ? { segment, place: placeOf(Buffer.byteLength(first) + 1, second) } : undefined,
    isKept,
  };
  return { writer: toWriter(writer), entries: [entry], gone: [], isDamaged: false };
}

interface Line {
  readonly place: Place;
  readonly isVoid: boolean;
  /** Undefined when it cannot be read. */
  readonly value: Record<string, unknown> | undefined;
}

function* linesOf(bytes: Buffer): Generator<Line> {
  for (let offset = 0; ;) {
    const end = bytes.indexOf('\n', offset);
    if (end < 0) return;
    const mark = bytes.toString('utf8', offset, offset + 1);
    const isMarked = mark === MARK.valid || mark === MARK.void;
    const value = isMarked ? parse(bytes.toString('utf8', offset + 1, end)) : undefined;
    yield { place: { offset, length: end - offset }, isVoid: mark === MARK.void, value };
    offset = end + 1;
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
