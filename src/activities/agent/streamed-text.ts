import type { TextTail } from '../../contract/activities.ts';
import { toWellFormed } from '../../values/plain-text.ts';

/** More than an agent writes between two looks at a run, and little enough for a heartbeat. */
const TAIL_UNITS = 4096;

/** Keeps the last piece of a text, however long it becomes. */
export class StreamedText {
  #length = 0;
  #tail = '';

  add(delta: unknown): void {
    if (typeof delta !== 'string') return;
    this.#length += delta.length;
    this.#tail = (this.#tail + delta.slice(-TAIL_UNITS)).slice(-TAIL_UNITS);
  }

  /** Undefined while there is none. The half of a character, whose other half is yet to come or is gone, is left out. */
  get tail(): TextTail | undefined {
    let text = this.#tail;
    let offset = this.#length - text.length;
    if (/^[\udc00-\udfff]/.test(text)) {
      text = text.slice(1);
      offset += 1;
    }
    if (/[\ud800-\udbff]$/.test(text)) text = text.slice(0, -1);
    return text === '' ? undefined : { offset, text: toWellFormed(text) };
  }
}
