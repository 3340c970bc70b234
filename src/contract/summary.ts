import { ellipsize, toLine } from '../values/plain-text.ts';

/** The Temporal UI cuts a summary at about 100 characters. */
const MAX_SUMMARY = 90;

/** A task in one line: its first line that is not blank, at most 90 characters. */
export function taskSummary(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? text;
  return cutLine(line);
}

/** A callback in one line: `POST host/path`, without the query string, which may hold a key. */
export function callbackSummary(url: string): string {
  // Parsed by hand: workflow code has no URL class, and a signal may carry anything.
  const match = /^https?:\/\/(?:[^/?#@]*@)?([^/?#]+)([^?#]*)/i.exec(url);
  return cutLine(`POST ${match === null ? 'an invalid URL' : `${match[1]}${match[2]}`}`);
}

/** A URL as others than its receiver may see it: without its query string and fragment, which may hold a key. */
export function hideQuery(url: string): string {
  const [shown = ''] = /^[^?#]*/.exec(url) ?? [];
  return url[shown.length] === '?' ? `${shown}?…` : shown;
}

/** One line of plain text, at most 90 characters. */
function cutLine(text: string): string {
  return ellipsize(toLine(text, 1000), MAX_SUMMARY);
}
