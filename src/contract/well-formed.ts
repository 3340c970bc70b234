/**
 * A text that every store and every JSON parser takes: NUL and lone surrogates become U+FFFD. PostgreSQL refuses the
 * first, protobuf the second.
 */
export function toWellFormed(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** One line in plain characters, at most `limit` UTF-16 units, without half a character at its end. */
export function toLine(text: string, limit: number): string {
  return (
    text
      .slice(0, limit)
      .toWellFormed()
      .replace(/\ufffd$/, '')
      // oxlint-disable-next-line no-control-regex -- control characters are what must go
      .replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
      .trim()
  );
}
