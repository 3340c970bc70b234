import { ProblemError, type ProblemField } from '../protocol/problem-error.ts';
import { isJson, type MediaType, readMediaType, unsupportedMediaType } from '../protocol/json/media-type.ts';
import { isRecord } from '../values/is-record.ts';
import { readText } from './body-readers.ts';
import type { RawEvent } from './preset.ts';
import { readPlainJson } from './read-json-event.ts';

const REQUIRED = ['specversion', 'id', 'source', 'type'] as const;
const FIX = 'application/cloudevents+json, application/cloudevents-batch+json, or the ce- headers with any body';
const TEXT = /^(?:text\/.*|application\/(?:xml|yaml|javascript|x-www-form-urlencoded)|.*\+(?:xml|yaml))$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Reads CloudEvents 1.0: one in structured or in binary mode, or a batch, which is a list. An event has its structured form, whatever the
 * mode: `data` below the attributes is JSON or text, and `data_base64` anything else.
 *
 * Source: CloudEvents, "HTTP Protocol Binding" 1.0.2, section 3, and "JSON Event Format" 1.0.2, sections 3.1 and 4.
 */
export function readCloudEvent(raw: RawEvent): unknown {
  const type = readMediaType(raw.headers);
  if (!type.essence.startsWith('application/cloudevents')) return checkEvent(readBinary(raw, type));
  if (!type.isUtf8) throw unsupportedMediaType(type, FIX);
  if (type.essence === 'application/cloudevents+json') return checkEvent(readPlainJson(raw.body));
  if (type.essence === 'application/cloudevents-batch+json') return checkBatch(readPlainJson(raw.body));
  throw unsupportedMediaType(type, FIX);
}

function readBinary({ headers, body }: RawEvent, type: MediaType): Record<string, unknown> {
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
  return body.length === 0 ? event : { ...event, ...readData(body, type) };
}

function readData(body: Buffer, type: MediaType): Readonly<Record<string, unknown>> {
  // Without a type it is JSON, as in structured mode.
  if (type.given === '' || isJson(type)) return { data: readPlainJson(body) };
  if (!type.isUtf8) throw unsupportedMediaType(type, 'text in UTF-8');
  return TEXT.test(type.essence) ? { data: readText(body) } : { data_base64: body.toString('base64') };
}

/** Section 3.1.3.2: what a header can't carry is percent-encoded UTF-8. */
function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function checkBatch(batch: unknown): unknown {
  if (!Array.isArray(batch)) throw invalid([{ field: '', message: 'the body is not a JSON array: send a batch' }]);
  for (const [index, event] of batch.entries()) checkEvent(event, `[${index}].`);
  return batch;
}

/** @param at where it stands, which begins the names of its fields */
function checkEvent(event: unknown, at = ''): unknown {
  if (!isRecord(event)) {
    throw invalid([{ field: at.slice(0, -1), message: 'is not a JSON object: send one event' }]);
  }
  const attributes = event;
  const get = (name: string): unknown => (Object.hasOwn(attributes, name) ? attributes[name] : undefined);
  const missing = REQUIRED.filter((name) => {
    const value = get(name);
    return typeof value !== 'string' || value === '';
  });
  if (missing.length > 0) {
    const wrong = (name: string) => (get(name) === '' ? 'is empty: fill it in' : 'is required and must be a string');
    throw invalid(missing.map((name) => ({ field: at + name, message: wrong(name) })));
  }
  if (get('specversion') !== '1.0')
    throw invalid([{ field: `${at}specversion`, message: 'is not 1.0: send CloudEvents 1.0' }]);
  const binary = get('data_base64');
  if (binary !== undefined && get('data') !== undefined)
    throw invalid([{ field: `${at}data_base64`, message: 'is there beside data: send one of the two' }]);
  if (binary !== undefined && (typeof binary !== 'string' || !BASE64.test(binary)))
    throw invalid([{ field: `${at}data_base64`, message: 'is not base64: encode the bytes of the data' }]);
  return event;
}

function invalid(errors: readonly ProblemField[]): ProblemError {
  const [{ field, message } = { field: '', message: 'is not a CloudEvent' }] = errors;
  return new ProblemError('invalid_event', `${field || 'The event'}: ${message}.`, errors);
}
