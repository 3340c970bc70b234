import { ProblemError } from '../protocol/problems.ts';

/**
 * Reads bytes as JSON (RFC 8259): UTF-8 without a byte order mark, nothing replaced, nothing guessed.
 *
 * @throws ProblemError `malformed_json`
 */
export function readJson(bytes: Buffer): unknown {
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
