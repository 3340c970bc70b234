import { ProblemError } from '../problems.ts';
import { type JsonScan, MAX_DEPTH, scanJson } from './scan-json.ts';
import { ellipsize } from '../../values/plain-text.ts';

const MAX_SHOWN = 64;

/**
 * Reads bytes as JSON (RFC 8259): UTF-8 without a byte order mark, nothing replaced, nothing guessed. An object that has one
 * name twice is refused, since others may have read the other value (section 4), and so is deep nesting.
 *
 * @throws ProblemError `malformed_json`
 */
export function readJson(bytes: Buffer): unknown {
  refuseUnclear(scanJson(bytes));
  return parseJson(bytes);
}

/** @throws ProblemError `malformed_json` */
export function refuseUnclear({ isDeep, twice }: JsonScan): void {
  if (isDeep) throw malformed(`The body is nested deeper than ${MAX_DEPTH} levels: send a flatter one.`);
  if (twice === undefined) return;
  const name = JSON.stringify(ellipsize(twice, MAX_SHOWN));
  throw malformed(`The body has the name ${name} twice in one object: send it once.`);
}

/**
 * Parses what was looked through already.
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
  if (text.startsWith('\uFEFF')) throw malformed('The body starts with a byte order mark: leave it out.');
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own words quote the body; the place is enough.
    const place = /position (\d+)/.exec(String(error))?.[1];
    throw malformed(`The body is not valid JSON${place === undefined ? '' : ` at character ${place}`}.`);
  }
}

function malformed(detail: string): ProblemError {
  return new ProblemError('malformed_json', detail);
}
