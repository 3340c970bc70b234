import { StringDecoder } from 'node:string_decoder';
import type { AgentAnswer } from '../../contract/run.ts';
import { isRecord } from '../../values/is-record.ts';
import { noAnswer } from '../child/answer-failures.ts';
import type { ChildResult } from '../child/run-child.ts';
import type { KeptSession } from '../child/work-folders.ts';
import { tooLarge } from '../too-large.ts';
import type { PresetReader } from './presets/preset.ts';
import type { OutputReader } from './read-output.ts';

/** JSON may need six bytes for one of the text (`\u0001`); beside the text stand counts and names. */
const BYTES_PER_BYTE = 6;
const OTHER_FIELDS_BYTES = 64 * 1024;
/** Events tell an answer piece by piece, and what tools say beside it: a program that writes more has no end. */
const OUTPUT_BYTES_PER_BYTE = 256;
const OTHER_OUTPUT_BYTES = 32 * 1024 * 1024;
const MAX_ERROR_LINE = 16_384;

/**
 * Reads a program that writes JSON, one object a line. Events are dropped as they come, so that memory stays flat; a line that is no
 * object, or that is longer than an answer may be, is passed over.
 *
 * @param onSession called with the program's session once it has answered
 */
export function readEvents(
  preset: PresetReader,
  maxBytes: number,
  onSession: (session: KeptSession) => void,
): OutputReader {
  let isCut = false;
  let left = maxBytes * OUTPUT_BYTES_PER_BYTE + OTHER_OUTPUT_BYTES;
  const output = splitLines(maxBytes * BYTES_PER_BYTE + OTHER_FIELDS_BYTES, (line) => {
    const event = parse(line);
    if (event !== undefined) preset.add(event);
  });
  let wantsEnd = false;
  const errors = splitLines(MAX_ERROR_LINE, (line) => {
    if (preset.addError?.(line) === false) wantsEnd = true;
  });
  return {
    add(chunk) {
      isCut = !output.add(chunk) || isCut;
      left -= chunk.length;
      return left >= 0;
    },
    addError(chunk) {
      errors.add(chunk);
      return !wantsEnd;
    },
    end(result: ChildResult): AgentAnswer {
      output.end();
      errors.end();
      const { answer, session } = result.code === 0 ? preset.end() : {};
      if (answer === undefined) {
        if (isCut || result.stopped === 'output') throw tooLarge(maxBytes);
        throw result.code === 0 && result.stopped === undefined && !wantsEnd
          ? emptyOr(preset, result)
          : preset.sortFailure(result);
      }
      if (session !== undefined) onSession(session);
      if (answer.output.trim() === '') throw noAnswer();
      if (Buffer.byteLength(answer.output) > maxBytes) throw tooLarge(maxBytes);
      return answer;
    },
  };
}

/** With exit code 0 the code says nothing. */
function emptyOr(preset: PresetReader, result: ChildResult): Error {
  const sorted = preset.sortFailure(result);
  return sorted.type === 'AgentFailed' ? noAnswer() : sorted;
}

interface LineSplitter {
  /** Returns false when a line was too long. */
  add(chunk: Buffer): boolean;
  /** Passes on what stands after the last line end. */
  end(): void;
}

function splitLines(maxLength: number, onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  const finish = (): void => {
    if (length > 0 && length <= maxLength) onLine(parts.join(''));
    [parts, length] = [[], 0];
  };
  return {
    add(chunk) {
      const lines = decoder.write(chunk).split('\n');
      let fits = true;
      for (const [index, part] of lines.entries()) {
        if (index > 0) finish();
        length += part.length;
        if (length <= maxLength) parts.push(part);
        else [parts, fits] = [[], false];
      }
      return fits;
    },
    end: finish,
  };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  // An error for each line of a program that writes something else would be dear.
  if (!/^\s*\{/.test(line)) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
