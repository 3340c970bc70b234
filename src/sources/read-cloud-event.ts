import { ProblemError, type ProblemField } from '../protocol/problem-error.ts';
import { isJson, readMediaType, unsupportedMediaType } from '../protocol/json/media-type.ts';
import type { RawEvent } from './preset.ts';
import { readPlainJson } from './read-json-event.ts';
import { isRecord } from '../values/is-record.ts';

const REQUIRED = ['specversion', 'id', 'source', 'type'] as const;
const FIX = 'application/cloudevents+json, or the ce- headers with a body of JSON';

/**
 * Reads one CloudEvent 1.0 in structured or in binary mode. Both return the structured form, with `data` below the
 * attributes.
 *
 * Source: CloudEvents, "HTTP Protocol Binding" 1.0.2, sections 3.1 and 3.2.
 */
export function readCloudEvent(raw: RawEvent): unknown {
  const type = readMediaType(raw.headers);
  if (type.essence.startsWith('application/cloudevents-batch')) {
    throw unsupportedMediaType(type, 'every event by itself, since a batch would be one delivery of many runs');
  }
  const isStructured = type.essence === 'application/cloudevents+json' && type.isUtf8;
  if (!isStructured && type.essence.startsWith('application/cloudevents')) throw unsupportedMediaType(type, FIX);
  return checkAttributes(isStructured ? readPlainJson(raw.body) : readBinary(raw));
}

function readBinary({ headers, body }: RawEvent): Record<string, unknown> {
  const type = readMediaType(headers);
  const attributes = Object.entries(headers).flatMap(([header, values = []]): [string, string][] => {
    const name = /^ce-([a-z0-9]+)$/.exec(header)?.[1];
    if (name === undefined || name === 'data') return [];
    const [value, ...more] = values;
    if (value === undefined || more.length > 0) throw invalid([{ field: header, message: 'appears more than once' }]);
    return [[name, decodeValue(value)]];
  });
  if (attributes.length === 0) throw unsupportedMediaType(type, FIX);
  const event = Object.fromEntries<unknown>(attributes);
  if (type.given !== '') event['datacontenttype'] = type.given;
  if (body.length === 0) return event;
  if (!isJson(type)) throw unsupportedMediaType(type, FIX);
  return { ...event, data: readPlainJson(body) };
}

/** Section 3.1.3.2: what a header can't carry is percent-encoded UTF-8. */
function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function checkAttributes(event: unknown): unknown {
  if (!isRecord(event)) {
    throw invalid([{ field: '', message: 'the body is not a JSON object: send one event' }]);
  }
  const attributes = event;
  const missing = REQUIRED.filter((name) => {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return typeof value !== 'string' || value === '';
  });
  if (missing.length > 0)
    throw invalid(missing.map((field) => ({ field, message: 'is required and must be a string' })));
  const version = attributes['specversion'];
  if (version !== '1.0') throw invalid([{ field: 'specversion', message: 'is not 1.0: send CloudEvents 1.0' }]);
  return event;
}

function invalid(errors: readonly ProblemField[]): ProblemError {
  const [{ field, message } = { field: '', message: 'is not a CloudEvent' }] = errors;
  return new ProblemError('invalid_event', `${field || 'The event'}: ${message}.`, errors);
}
