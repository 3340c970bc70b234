/** A value that JSON can write and read back unchanged. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/**
 * The JSON text of a value. What JSON leaves out or changes (functions, `undefined`, dates) is not kept.
 *
 * @returns undefined when there is none: it has a cycle, a bigint, or is nothing that JSON can write
 */
export function toJsonText(value: unknown): string | undefined {
  try {
    // Undefined for `undefined`, functions and symbols.
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
