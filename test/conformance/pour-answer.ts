import type { ServerResponse } from 'node:http';
import type { FaultyText } from './faults/fault.ts';

/** Stands in a reply where the text of the answer belongs. */
export const TEXT = '@text@';

/** A whole answer of a peer; one that has several events ends each with an empty line. */
export interface PeerReply {
  readonly type: string;
  /** Contains `TEXT` where it is the answer. */
  readonly text: string;
}

const PIECE = Buffer.alloc(64 * 1024, 'x');

/** Answers with this text, in pieces, as fast as they are read. A text without end goes on for ever; where there are events, in one after the other. */
export function pourAnswer(
  response: ServerResponse,
  { type, text }: PeerReply,
  { bytes, inJson, endless }: FaultyText,
): void {
  response.writeHead(200, { 'content-type': type });
  const at = text.indexOf(TEXT);
  if (at === -1) return void response.end(text);
  const rest = text.slice(at + TEXT.length);
  if (endless) {
    const from = type === 'text/event-stream' ? text.lastIndexOf('data: ', at) : at;
    const event = text.slice(from, text.indexOf('\n\n', at) + 2);
    const piece = from === at ? PIECE : Buffer.from(event.replace(TEXT, String(PIECE)));
    response.write(text.slice(0, from));
    const more = (): void => void (response.destroyed || response.write(piece, more));
    return more();
  }
  response.write(text.slice(0, at));
  const all = inJson === undefined ? bytes : Buffer.from(inJson);
  const pour = (from: number): void => {
    if (response.destroyed) return;
    if (from >= all.length) return void response.end(rest);
    response.write(all.subarray(from, from + PIECE.length), () => pour(from + PIECE.length));
  };
  return pour(0);
}
