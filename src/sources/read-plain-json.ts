import { parseJson, refuseUnclear } from '../protocol/json/read-json.ts';
import { type Range, scanJson } from '../protocol/json/scan-json.ts';

const [MINUS] = Buffer.from('-');

/**
 * Reads JSON for templates and filters, as `readJson` does.
 *
 * A number that JavaScript can't hold is read as text, character for character: an id that is off by one is another's.
 *
 * @throws ProblemError `malformed_json`
 */
export function readPlainJson(bytes: Buffer): unknown {
  const scan = scanJson(bytes);
  refuseUnclear(scan);
  const event = parseJson(bytes);
  return scan.unheld.length === 0 ? event : parseJson(quote(bytes, scan.unheld));
}

function quote(bytes: Buffer, ranges: readonly Range[]): Buffer {
  const mark = Buffer.from('"');
  let from = 0;
  const parts = ranges.flatMap(([start, end]) => {
    const first = bytes[start - 1] === MINUS ? start - 1 : start;
    const before = bytes.subarray(from, first);
    from = end;
    return [before, mark, bytes.subarray(first, end), mark];
  });
  return Buffer.concat([...parts, bytes.subarray(from)]);
}
