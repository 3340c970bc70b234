import type { RunResource } from '../../protocol/run-resource.ts';
import type { Output } from '../cli-io.ts';
import { toTerminalText } from './terminal-text.ts';

/** A shorter end of the one text that begins the other may be chance. */
const LEAST_OVERLAP = 16;

/** Writes the answer of a run to a terminal while its agent writes it, and at its end what is missing, not the whole again. */
export class StreamedAnswer {
  readonly #stdout: Output;
  #attempt: number | undefined;
  /** What the call under way has written, as far as it is on the terminal. */
  #written = '';
  #isMidLine = false;
  /** A piece was missed: the answer is printed as a whole. */
  #isOff = false;

  constructor(stdout: Output) {
    this.#stdout = stdout;
  }

  /** Whether the answer has begun. From then on no progress may be drawn: it would clear the line. */
  get hasBegun(): boolean {
    return this.#written !== '';
  }

  /** Writes what is new. */
  add({ agent }: RunResource): void {
    if (agent?.text === undefined || this.#isOff) return;
    const { offset, text } = agent.text;
    const isAnother = agent.attempt !== this.#attempt || offset + text.length < this.#written.length;
    if (isAnother) {
      this.breakLine();
      this.#written = '';
      this.#attempt = agent.attempt;
    }
    if (offset > this.#written.length) {
      this.breakLine();
      [this.#isOff, this.#written] = [true, ''];
      return;
    }
    this.#write(text.slice(this.#written.length - offset));
  }

  /**
   * What of the answer is not on the terminal yet. An agent with tools writes before each of them, and its answer is the last of
   * these texts.
   */
  rest(output: string): string {
    const written = this.#written;
    if (output.startsWith(written)) return output.slice(written.length);
    if (written.trimEnd().endsWith(output.trimEnd())) return '';
    for (let length = Math.min(output.length, written.length); length >= LEAST_OVERLAP; length -= 1) {
      if (written.endsWith(output.slice(0, length))) return output.slice(length);
    }
    this.breakLine();
    return output;
  }

  /** Ends a line that is begun. */
  breakLine(): void {
    if (this.#isMidLine) this.#stdout.write('\n');
    this.#isMidLine = false;
  }

  #write(piece: string): void {
    if (piece === '') return;
    this.#written += piece;
    const shown = toTerminalText(piece, { keepLines: true });
    this.#stdout.write(shown);
    this.#isMidLine = !shown.endsWith('\n');
  }
}
