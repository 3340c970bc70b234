import { ProblemError } from '../protocol/problems.ts';
import { isJson, readMediaType, unsupportedMediaType } from '../protocol/json/media-type.ts';
import type { RawEvent } from './raw-event.ts';
import { readPlainJson } from './read-plain-json.ts';

const FORM = 'application/x-www-form-urlencoded';
const MAX_SHOWN = 64;

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
  if (essence !== FORM || !isUtf8) return undefined;
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
