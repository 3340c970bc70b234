import { ellipsize } from '../../values/plain-text.ts';

/**
 * Text of others as a terminal may show it: control characters, which could move the cursor, rename the window or turn
 * the reading direction, are spelled out as `\x1b`.
 *
 * @param options.keepLines leaves line breaks and tabs as they are
 */
export function toTerminalText(text: string, options: { readonly keepLines?: boolean } = {}): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is spelled out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    if (options.keepLines === true && (character === '\n' || character === '\t')) return character;
    if (character === '\n') return ' ';
    const hex = character.charCodeAt(0).toString(16);
    return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex}`;
  });
}

/** The text on one line, at most so many UTF-16 units. */
export function toOneLine(text: string, maxCharacters: number): string {
  return ellipsize(toTerminalText(text.trim().replace(/\s+/g, ' ')), maxCharacters);
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** The text on one line of at most so many columns: a terminal shows East Asian characters and emoji in two. */
export function toColumns(text: string, maxColumns: number): string {
  const line = toOneLine(text, Infinity);
  let columns = 0;
  let units = 0;
  let cut = 0;
  for (const character of line) {
    columns += WIDE.test(character) ? 2 : 1;
    if (columns > maxColumns) return `${line.slice(0, cut)}…`;
    units += character.length;
    if (columns < maxColumns) cut = units;
  }
  return line;
}

/** Quotes a word for a POSIX shell; plain words stay bare. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
