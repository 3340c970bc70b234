import { createHash } from 'node:crypto';
import { isRecord } from '../values/is-record.ts';
import { readHeader, readQuery, type SignedRequest } from './scheme.ts';

/** What strangers may have parsed before they have proved anything. */
const MAX_UNVERIFIED = 1024 * 1024;
const FORM = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;

/**
 * The text or number at a path such as `signature.token` in the body, JSON or a form; undefined for anything else, and for a body
 * beyond 1 MiB.
 */
export function readBodyField(request: Pick<SignedRequest, 'headers' | 'body'>, path: string): string | undefined {
  if (request.body.length > MAX_UNVERIFIED) return undefined;
  const form = readForm(request);
  if (form !== undefined) {
    const [value, ...more] = form.getAll(path);
    return more.length === 0 ? value : undefined;
  }
  let value = parseOnce(request.body);
  for (const name of path.split('.')) value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof value === 'number' ? String(value) : typeof value === 'string' ? value : undefined;
}

/**
 * What Amazon SNS signs: name and value of each field of a JSON object, one line each.
 *
 * Source: Amazon SNS, "Verifying the signatures of Amazon SNS messages".
 *
 * @param names parted by commas; one that ends with `?` may be absent
 * @returns undefined where a field is missing or no text, or where one but the first has a line break: it could hold a field
 */
export function signedLines(request: Pick<SignedRequest, 'body'>, names: string): string | undefined {
  const read = request.body.length > MAX_UNVERIFIED ? undefined : parseOnce(request.body);
  if (!isRecord(read)) return undefined;
  const lines: string[] = [];
  for (const [index, entry] of names.split(',').entries()) {
    const name = entry.replace(/\?$/, '');
    const value = Object.hasOwn(read, name) ? read[name] : undefined;
    if (value === undefined && name !== entry) continue;
    if (typeof value !== 'string' || (index > 0 && /[\r\n]/.test(value))) return undefined;
    lines.push(`${name}\n${value}\n`);
  }
  return lines.join('');
}

/**
 * What Twilio signs after the URL: the fields of a form, name and value, by the order of their names. A body of another type is
 * covered by its hash in the query instead.
 *
 * Source: Twilio, "Webhooks Security", and `validateRequest` of its library.
 *
 * @returns undefined where neither covers the body
 */
export function sortedForm(request: SignedRequest): string | undefined {
  const form = request.body.length > MAX_UNVERIFIED ? undefined : readForm(request);
  if (form !== undefined) {
    return [...new Set(form.keys())]
      .toSorted()
      .map((name) =>
        [...new Set(form.getAll(name))]
          .toSorted()
          .map((value) => name + value)
          .join(''),
      )
      .join('');
  }
  const hash = readQuery(request.url, 'bodySHA256');
  return hash === createHash('sha256').update(request.body).digest('hex') ? '' : undefined;
}

function readForm({ headers, body }: Pick<SignedRequest, 'headers' | 'body'>): URLSearchParams | undefined {
  const type = readHeader(headers, 'content-type') ?? '';
  return FORM.test(type) ? new URLSearchParams(toText(body)) : undefined;
}

/** Several fields of one body may be read. */
const PARSED = new WeakMap<Uint8Array, { readonly value: unknown }>();

function parseOnce(body: Uint8Array): unknown {
  const known = PARSED.get(body) ?? { value: parseJson(body) };
  PARSED.set(body, known);
  return known.value;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(toText(body)) as unknown;
  } catch {
    return undefined;
  }
}

function toText(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}
