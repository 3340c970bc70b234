import { ProblemError } from '../problem-error.ts';
import { type JsonScan, MAX_DEPTH, scanJson } from './scan-json.ts';
import { ellipsize } from '../../values/plain-text.ts';

const MAX_SHOWN = 64;

/**
 * Reads bytes as JSON (RFC 8259): UTF-8 without a byte order mark, nothing replaced, nothing guessed. A name that is repeated
 * in one object is refused, because another reader may use the other value (section 4). So is deep nesting.
 *
 * @throws ProblemError `malformed_json`
 */
export function readJson(bytes: Buffer): unknown {
  refuseUnclear(scanJson(bytes));
  return parseJson(bytes);
}

/** @throws ProblemError `malformed_json` */
export function refuseUnclear({ isDeep, twice }: JsonScan): void {
  if (isDeep) throw malformed(`The body is nested deeper than ${MAX_DEPTH} levels: flatten it.`);
  if (twice === undefined) return;
  const name = JSON.stringify(ellipsize(twice, MAX_SHOWN));
  throw malformed(`The body repeats the name ${name} within one object: send it once.`);
}

/**
 * Parses bytes that were already scanned.
 *
 * @throws ProblemError `malformed_json`
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw malformed('The body is empty: send a JSON object.');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('The body is not UTF-8: encode it as UTF-8.');
  }
  if (text.startsWith('\uFEFF')) throw malformed('The body starts with a byte order mark: remove it.');
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message quotes the body; the position is enough.
    const position = /position (\d+)/.exec(String(error))?.[1];
    throw malformed(`The body is not valid JSON${position === undefined ? '' : ` at character ${position}`}.`);
  }
}

function malformed(detail: string): ProblemError {
  return new ProblemError('malformed_json', detail);
}
