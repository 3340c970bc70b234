/**
 * Cuts a text to at most `limit` UTF-16 units, without half a character at its end.
 */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  const isFirstHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isFirstHalf ? limit - 1 : limit);
}

/** Cuts like `cutText`; a text that was cut ends with `…`. */
export function ellipsize(text: string, limit: number): string {
  return text.length <= limit ? text : `${cutText(text, limit - 1)}…`;
}

/**
 * Makes a text that every store and JSON parser accepts: NUL, which PostgreSQL refuses, and lone surrogates, which protobuf
 * refuses, become U+FFFD.
 */
export function toWellFormed(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** One line in plain characters, at most `limit` UTF-16 units, without half a character at its end. */
export function toLine(text: string, limit: number): string {
  return (
    cutText(text, limit)
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- control characters are what must go
      .replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
      .trim()
  );
}
