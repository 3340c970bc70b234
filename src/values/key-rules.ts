/**
 * Rules for a key: a name that is compared and stored as it is, such as a user or a session. Cleaned instead of refused, one
 * name would pass as another: as `ada`, where only `ada` is permitted.
 */
export const KEY_RULES = {
  control: {
    // oxlint-disable-next-line no-control-regex -- control characters are what is refused
    pattern: /^[^\u0000-\u001f\u007f]*$/,
    fault: 'contains a control character',
  },
  /** A blank text passes: whoever reads a key says that it is blank. */
  edges: { pattern: /^\s*$|^\S(?:[\s\S]*\S)?$/, fault: 'starts or ends with white space' },
} as const;

/** What is wrong with a text that is to be a key, as the end of a sentence; undefined when nothing is, or when it is blank. */
export function findKeyFault(text: string): string | undefined {
  return Object.values(KEY_RULES).find(({ pattern }) => !pattern.test(text))?.fault;
}
