import { readBodyField } from './body-fields.ts';
import { MAX_ENTRIES, readHeader, readQuery, type SignedRequest } from './scheme.ts';
import type { SigningOptions } from './signing-options.ts';

/** What a request gives as its proof. */
export interface GivenProof {
  /** Any of them may be the proof. */
  readonly entries: readonly string[];
  /** From the list or from its header; undefined: none, or more than one. */
  readonly timestamp: string | undefined;
}

/** Finds the proof where the options say that it stands; undefined where nothing stands there. */
export function readGivenProof(request: SignedRequest, options: SigningOptions): GivenProof | undefined {
  const text = findText(request, options);
  if (text === undefined) return undefined;
  const { prefix = '', separator, entryPrefix, signatureKey, timestampKey, timestampHeader } = options;
  const besides =
    timestampHeader === undefined ? undefined : readHeader(request.headers, timestampHeader.toLowerCase());
  if (signatureKey === undefined) {
    if (!text.startsWith(prefix)) return { entries: [], timestamp: besides };
    const rest = text.slice(prefix.length);
    const all = separator === undefined ? [rest] : rest.split(separator, MAX_ENTRIES).map((entry) => entry.trim());
    return { entries: entryPrefix === undefined ? all : withoutPrefix(all, entryPrefix), timestamp: besides };
  }
  const items = parseList(text, separator ?? ',');
  const entries = items?.get(signatureKey) ?? [];
  if (timestampKey === undefined) return { entries, timestamp: besides };
  const [timestamp, ...more] = items?.get(timestampKey) ?? [];
  return { entries, timestamp: more.length === 0 ? timestamp : undefined };
}

function findText(request: SignedRequest, { header, query, field, authorization }: SigningOptions): string | undefined {
  if (header !== undefined) return readHeader(request.headers, header.toLowerCase());
  if (query !== undefined) return readQuery(request.url, query);
  if (field !== undefined) return readBodyField(request, field);
  const given = readHeader(request.headers, 'authorization');
  if (given === undefined) return undefined;
  if (authorization === 'bearer') return /^Bearer +([\x21-\x7e]+)$/i.exec(given)?.[1] ?? '';
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(given)?.[1];
  return encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
}

function withoutPrefix(entries: readonly string[], prefix: string): string[] {
  return entries.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length));
}

/**
 * Reads a list such as `t=1614265330,v1=ab12,v1=cd34`.
 *
 * @returns the values of each key, in order, of the first `MAX_ENTRIES` items; undefined when an item is not `key=value`
 */
function parseList(text: string, separator: string): ReadonlyMap<string, readonly string[]> | undefined {
  const items = new Map<string, string[]>();
  for (const item of text.split(separator, MAX_ENTRIES)) {
    const [, key, value] = /^([^=\s]+)=(\S+)$/.exec(item.trim()) ?? [];
    if (key === undefined || value === undefined) return undefined;
    const values = items.get(key);
    if (values === undefined) items.set(key, [value]);
    else values.push(value);
  }
  return items;
}
