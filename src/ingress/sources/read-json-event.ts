import { ProblemError } from '../../protocol/problems.ts';
import { isJson, readMediaType, unsupportedMediaType } from '../media-type.ts';
import { readJson } from '../read-json.ts';
import type { RawEvent } from './raw-event.ts';

const MAX_DEPTH = 100;
const FORM = 'application/x-www-form-urlencoded';

const [QUOTE, BACKSLASH, OPEN_LIST, OPEN_BLOCK, CLOSE_LIST, CLOSE_BLOCK] = Buffer.from('"\\[{]}');

/** Reads a body of JSON. */
export function readJsonEvent({ headers, body }: RawEvent): unknown {
  const type = readMediaType(headers);
  if (!isJson(type)) throw unsupportedMediaType(type, 'application/json in UTF-8');
  return readFlatJson(body);
}

/** Reads a body of JSON, or a form whose field `payload` is JSON. */
export function readJsonOrPayload(raw: RawEvent): unknown {
  const fields = readForm(raw);
  if (fields === undefined) return readJsonEvent(raw);
  const payload = fields.get('payload');
  if (payload === null) throw new ProblemError('invalid_event', 'The form has no field payload: send the event in it.');
  return readFlatJson(Buffer.from(payload));
}

/** Reads a body of JSON, a form whose field `payload` is JSON, or a form whose fields are the event. */
export function readJsonOrFields(raw: RawEvent): unknown {
  const fields = readForm(raw);
  if (fields === undefined) return readJsonEvent(raw);
  const payload = fields.get('payload');
  return payload === null ? Object.fromEntries(fields) : readFlatJson(Buffer.from(payload));
}

function readForm({ headers, body }: RawEvent): URLSearchParams | undefined {
  const { essence, isUtf8 } = readMediaType(headers);
  return essence === FORM && isUtf8 ? new URLSearchParams(body.toString('utf8')) : undefined;
}

/**
 * Reads JSON that is not nested so deeply that writing it out again would exhaust the stack.
 *
 * @throws ProblemError `malformed_json`, `invalid_event`
 */
export function readFlatJson(bytes: Buffer): unknown {
  if (isNestedDeeply(bytes)) {
    const detail = `The event is nested deeper than ${MAX_DEPTH} levels: send a flatter one.`;
    throw new ProblemError('invalid_event', detail);
  }
  return readJson(bytes);
}

/** Counts brackets outside of texts; whether they are in order is for the parser. */
function isNestedDeeply(bytes: Buffer): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (isText && byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) isText = !isText;
    else if (isText) continue;
    else if (byte === OPEN_LIST || byte === OPEN_BLOCK) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_BLOCK) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
