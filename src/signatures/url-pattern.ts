const MAX_URL = 2048;
/** Host with its port, path, and `?*` for any query. The last two labels of a host have no `*`. */
const PATTERN = /^https:\/\/((?:[a-z0-9*-]+\.)*[a-z0-9-]+\.[a-z0-9-]+|localhost)(:\d{1,5})?(\/[\w.~/*-]*)(\?\*)?$/;

/** Whether a URL is one of those that patterns permit. */
export type MatchUrl = (text: string) => boolean;

/**
 * Reads patterns such as `https://sns.eu-*.example.com/cert-*.pem`: a `*` stands for letters, digits and dashes, in the path for
 * underscores, too, and `?*` at the end for any query. Port, path and query must be as in the pattern. A URL that a parser would
 * read as another text matches nothing, so that nobody understands it in another way.
 *
 * @throws TypeError for what is no pattern
 */
export function compileUrlPatterns(patterns: readonly string[]): MatchUrl {
  if (patterns.length === 0) throw new TypeError('The list of URLs is empty: add https://<host>/<path>.');
  const permitted = patterns.map((pattern) => {
    const [, host, port = '', path, query] = PATTERN.exec(pattern) ?? [];
    if (host === undefined || path === undefined)
      throw new TypeError(`"${pattern}" must be https://<host>/<path>, with * within a part of the host or the path.`);
    const rest = query === undefined ? '' : '\\?[^#\\s]*';
    return new RegExp(`^https://${toSource(host, '[a-z0-9-]+')}${port}${toSource(path, '[A-Za-z0-9_-]+')}${rest}$`);
  });
  return (text) =>
    text.length <= MAX_URL &&
    URL.canParse(text) &&
    new URL(text).href === text &&
    permitted.some((pattern) => pattern.test(text));
}

function toSource(text: string, star: string): string {
  return text.replace(/[.~*]/g, (char) => (char === '*' ? star : `\\${char}`));
}
