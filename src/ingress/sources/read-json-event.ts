import { ProblemError } from '../../protocol/problems.ts';
import { isJson, readMediaType, unsupportedMediaType } from '../media-type.ts';
import type { RawEvent } from './raw-event.ts';
import { readPlainJson } from './read-plain-json.ts';

const FORM = 'application/x-www-form-urlencoded';

/** Reads a body of JSON. */
export function readJsonEvent({ headers, body }: RawEvent): unknown {
  const type = readMediaType(headers);
  if (!isJson(type)) throw unsupportedMediaType(type, 'application/json in UTF-8');
  return readPlainJson(body);
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

function readForm({ headers, body }: RawEvent): URLSearchParams | undefined {
  const { essence, isUtf8 } = readMediaType(headers);
  return essence === FORM && isUtf8 ? new URLSearchParams(body.toString('utf8')) : undefined;
}
