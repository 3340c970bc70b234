import { ProblemError } from '../protocol/problem-error.ts';
import { isJson, readMediaType, unsupportedMediaType } from '../protocol/json/media-type.ts';
import { parseJson, refuseUnclear } from '../protocol/json/read-json.ts';
import { type Range, scanJson } from '../protocol/json/scan-json.ts';
import type { RawEvent } from './preset.ts';

const FORM = 'application/x-www-form-urlencoded';
const MAX_SHOWN = 64;
const [MINUS] = Buffer.from('-');

/** Reads a body of JSON. */
export function readJsonEvent({ headers, body }: RawEvent): unknown {
  const type = readMediaType(headers);
  if (isJson(type)) return readPlainJson(body);
  throw unsupportedMediaType(type, 'application/json in UTF-8, or have the operator set body of this source');
}

/** Reads a body of JSON, or a form whose field `payload` is JSON. */
export function readJsonOrPayload(raw: RawEvent): unknown {
  const fields = readForm(raw);
  if (fields === undefined) return readJsonEvent(raw);
  const payload = fields.get('payload');
  if (payload === null) throw new ProblemError('invalid_event', 'The form has no field payload: send the event in it.');
  return readPlainJson(Buffer.from(payload));
}

/** Reads a body of JSON, a form whose field `payload` is JSON, or a form whose fields are the event. */
export function readJsonOrFields(raw: RawEvent): unknown {
  const fields = readForm(raw);
  if (fields === undefined) return readJsonEvent(raw);
  const payload = fields.get('payload');
  return payload === null ? Object.fromEntries(fields) : readPlainJson(Buffer.from(payload));
}

function readForm(raw: RawEvent): URLSearchParams | undefined {
  const { essence, isUtf8 } = readMediaType(raw.headers);
  return essence === FORM && isUtf8 ? readFormFields(raw) : undefined;
}

/**
 * Reads a form, whatever type it is said to be.
 *
 * @throws ProblemError `malformed_json`
 */
export function readFormFields({ body }: RawEvent): URLSearchParams {
  const fields = new URLSearchParams(body.toString('utf8'));
  const names = new Set<string>();
  for (const name of fields.keys()) {
    if (names.has(name)) throw fieldTwice(name);
    names.add(name);
  }
  return fields;
}

function fieldTwice(name: string): ProblemError {
  const shown = JSON.stringify(name.slice(0, MAX_SHOWN));
  return new ProblemError('malformed_json', `The form has the field ${shown} twice: send it once.`);
}

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
