import type { AgentAnswer } from '../../contract/run.ts';
import type { AgentError } from '../agent.ts';
import { noAnswer } from '../child/answer-failures.ts';
import { tooLarge } from '../too-large.ts';
import type { ChildResult } from '../child/run-child.ts';

/** Reads what a program writes, in bounded memory. */
export interface OutputReader {
  /** Returns false when there is too much. */
  add(chunk: Buffer): boolean;
  /** The same for its error output. Returns false when the program is to be ended. */
  addError?(chunk: Buffer): boolean;
  /**
   * The answer of a program that has ended.
   *
   * @throws AgentError with no word of the program's
   */
  end(result: ChildResult): AgentAnswer;
}

/** Room for the line end after the answer. */
const LINE_END_BYTES = 2;

/** The whole output is the answer, without the line ends at its end. What is not UTF-8 becomes U+FFFD. */
export function readText(maxBytes: number, sortFailure: (result: ChildResult) => AgentError): OutputReader {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    add(chunk) {
      bytes += chunk.length;
      chunks.push(chunk);
      return bytes <= maxBytes + LINE_END_BYTES;
    },
    end(result) {
      if (result.stopped === 'output') throw tooLarge(maxBytes);
      if (result.code !== 0) throw sortFailure(result);
      const output = Buffer.concat(chunks)
        .toString('utf8')
        .replace(/[\r\n]+$/, '');
      if (output.trim() === '') throw noAnswer();
      if (Buffer.byteLength(output) > maxBytes) throw tooLarge(maxBytes);
      return { output };
    },
  };
}
