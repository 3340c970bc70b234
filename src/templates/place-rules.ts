import { findKeyFault } from '../values/key-rules.ts';
import type { PlaceValue, Rendering } from './liquid.ts';

/**
 * What a template renders, where that decides what a value from an event may be:
 * - `key`: a name that is compared and stored as it is, such as a session key.
 * - `user`: the same, and only text is taken for one. A list with one name is not that name.
 * - `id`: a delivery's id, which is never shown.
 * - `url`: an address, of which an event may fill in a part of the path, the query or the fragment.
 */
export type TemplateUse = 'key' | 'user' | 'id' | 'url';

/** Judges the value of a place, adds what is wrong with it to the faults of the rendering, and returns what is written. */
export function writeValue(use: TemplateUse, value: PlaceValue, rendering: Rendering, isFirst: boolean): string {
  const { text, source } = value;
  const isBlank = text !== '' && text.trim() === '';
  if (isBlank && (use === 'key' || use === 'user')) rendering.missing.push(source);
  const fault = use === 'url' ? findPartFault(value, rendering.buffer, isFirst) : findKeyFaultIn(use, value);
  if (fault !== undefined) rendering.faults.push(`{{ ${source} }} ${fault}`);
  return use !== 'url' || isFirst ? text : encodeURIComponent(text.toWellFormed());
}

function findKeyFaultIn(use: 'key' | 'user' | 'id', { text, type }: PlaceValue): string | undefined {
  if (!text.isWellFormed()) return 'contains half of a surrogate pair in this event';
  if (use === 'id' || text.trim() === '') return undefined;
  if (type === 'nested' || (use === 'user' && type === 'list')) {
    return 'is a list or an object in this event: name the text in it, such as event.user.login or event.users[0]';
  }
  if (use === 'user' && type === 'scalar') return 'is not text in this event: convert it with | json';
  const fault = findKeyFault(text);
  return fault && `${fault} in this event: remove it with | strip`;
}

const SCHEME = /^https?:\/\//i;

/** @param before the URL up to the place */
function findPartFault({ text }: PlaceValue, before: string, isFirst: boolean): string | undefined {
  if (isFirst || before === '' || text === '') return undefined;
  const [, path] = /^https?:\/\/[^/?#]*([^]*)$/i.exec(before) ?? [];
  if (path === undefined || path === '') return 'is in the host of the URL, which an event may not change';
  if (/[?#]/.test(path)) return undefined;
  if (/[/\\]|%(?:2e|2f|5c)/i.test(text)) {
    return 'contains a slash, a backslash or an encoded one in this event, which would change the path of the URL';
  }
  return undefined;
}

/** Whether the path of a URL has a segment that leads elsewhere: `.`, `..`, or these percent-encoded. */
export function hasDotSegment(url: string): boolean {
  const path = url.replace(SCHEME, '').replace(/[?#][^]*$/, '');
  return path.split(/[/\\]/).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}

/** Whether a text that a URL template begins with contains the whole host, so that what follows can't change it. */
export function endsHost(text: string): boolean {
  return /^https?:\/\/[^/?#]+[/?#]/i.test(text);
}
