import { cutText } from '../values/plain-text.ts';

/** Most UTF-16 units of metadata that a run shows. A caller's is below it; of a source's, the first entries are shown. */
const MAX_SHOWN = 5000;

/**
 * The part of a task's metadata that its run and its callback show: a source may add more than a memo should hold.
 *
 * @returns the entries in their order, up to the first one that does not fit
 */
export function shownMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let left = MAX_SHOWN;
  const shown: [string, string][] = [];
  for (const [name, value] of Object.entries(metadata)) {
    left -= name.length + value.length;
    if (left < 0) break;
    shown.push([name, value]);
  }
  return Object.fromEntries(shown);
}

/**
 * Temporal takes 2,048 bytes of one attribute (`frontend.searchAttributesSizeOfValueLimit`). JSON adds three to each entry, and a
 * UTF-16 unit has at most three.
 */
const MAX_KEYWORDS = 32;
const MAX_ASCII = 60;
const MAX_OTHER = 20;
const HASH_CHARACTERS = 8;

/**
 * Metadata as the list filters by it: the values of `GarudustMetadata`, one for each entry. The first 32 entries, which are all that
 * a caller or a source of the settings file can give.
 */
export function metadataKeywords(metadata: Readonly<Record<string, string>>): string[] {
  return Object.entries(metadata)
    .slice(0, MAX_KEYWORDS)
    .map(([name, value]) => metadataKeyword(`${name}=${value}`));
}

/**
 * One entry of metadata as Temporal indexes it: itself, or its beginning and a hash of all of it where it is long or has characters
 * that a query would have to quote.
 *
 * @param entry `name=value`
 */
export function metadataKeyword(entry: string): string {
  const plain = entry.replace(/[^\p{L}\p{N} ._:@/+#=,-]/gu, '_').trim();
  // oxlint-disable-next-line no-control-regex -- tells ASCII from the rest
  const most = /^[\u0000-\u007f]*$/.test(plain) ? MAX_ASCII : MAX_OTHER;
  if (plain === entry && plain.length <= most) return entry;
  return `${cutText(plain, most - HASH_CHARACTERS - 1).trim()}~${hash(entry)}`;
}

/** FNV-1a over UTF-16 units, because workflow code has no `node:crypto`. A list compares the whole entry all the same. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(HASH_CHARACTERS, '0');
}
