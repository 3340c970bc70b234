import { ProblemError } from '../protocol/problem-error.ts';
import type { RawEvent, ReadEvent } from './preset.ts';
import { readFormFields, readPlainJson } from './read-json-event.ts';

/** What the operator may say that a body is, whatever its `Content-Type` says: one row each. */
export const BODY_READERS = {
  json: ({ body }) => readPlainJson(body),
  form: (raw) => Object.fromEntries(readFormFields(raw)),
  text: ({ body }) => readText(body),
  any: readAny,
} as const satisfies Readonly<Record<string, ReadEvent>>;

export type BodyForm = keyof typeof BODY_READERS;
export const BODY_FORMS = Object.keys(BODY_READERS) as readonly BodyForm[];

const FORM = /^(?:[^\s=&{["]+=[^\s=&]*)(?:&[^\s=&]+=[^\s=&]*)*$/;

/** JSON if it is JSON, a form if it looks like one, otherwise text. */
function readAny(raw: RawEvent): unknown {
  try {
    return readPlainJson(raw.body);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const text = readText(raw.body);
    return FORM.test(text) ? Object.fromEntries(readFormFields(raw)) : text;
  }
}

export function readText(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new ProblemError('malformed_json', 'The body is not text in UTF-8: send it in UTF-8.');
  }
}
