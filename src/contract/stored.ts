import * as z from 'zod/mini';
import type { JsonValue } from './json-value.ts';

/**
 * Building blocks of stored schemas, and the reading of input that may come from the Temporal UI.
 *
 * Uses `zod/mini` because workflow code uses the same schemas, and its bundle contains what they import.
 */

/** The output of a schema, with every property read-only. */
export type Stored<Schema extends z.core.$ZodType> = Immutable<z.core.output<Schema>>;

/** JSON is read-only as it is, and its type has no end. */
type Immutable<T> = [JsonValue] extends [T] ? T : ImmutableOf<T>;

type ImmutableOf<T> = T extends string | number | boolean | null | undefined
  ? T
  : { readonly [Key in keyof T]: Immutable<T[Key]> };

/** The input, or one sentence that names the wrong field and how to fix it. */
export type ReadInput<T> =
  | { readonly ok: true; readonly input: T }
  | {
      readonly ok: false;
      readonly problem: string;
      /** Path of the field, outermost name first. */
      readonly path: readonly PropertyKey[];
      /** Whether the value is well formed and only exceeds a limit. */
      readonly exceeds: boolean;
    };

/** The longest delay or timeout: 365 days. */
export const MAX_DURATION_MS = 365 * 86_400_000;

/** A schema that replaces an invalid value. */
export const orElse = z.catch;

/** A text that is not blank. `fix` completes the sentence: `is missing or empty: <fix>`. */
export function filledText(fix: string) {
  const error = `is missing or empty: ${fix}.`;
  return z.string({ error }).check(z.refine((text) => text.trim() !== '', { error }));
}

/** A text that may be absent, but not blank. */
export function optionalText() {
  const error = 'is not a text with content: remove it, or fill it in.';
  return z.exactOptional(z.string({ error }).check(z.refine((text) => text.trim() !== '', { error })));
}

/** A finite number above 0. */
export function positive() {
  const error = 'is not a positive number.';
  return z.number({ error }).check(z.positive({ error }));
}

/** An object with known fields. Drops unknown fields. */
export function record<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.object(shape, { error: ({ input }) => (input === undefined ? 'is missing.' : 'is not an object.') });
}

/**
 * Reads a value that may come from the Temporal UI or from another version.
 *
 * @param name type of the whole, for a value that is not an object
 * @returns the known fields, or a sentence about the first invalid one. The sentence quotes no value.
 */
export function readStored<Schema extends z.core.$ZodType>(
  schema: Schema,
  name: string,
  value: unknown,
): ReadInput<Stored<Schema>> {
  const read = z.safeParse(schema, value, { jitless: true });
  if (read.success) return { ok: true, input: read.data as Stored<Schema> };
  const [issue] = read.error.issues;
  const path = issue?.path ?? [];
  const problem =
    path.length === 0 ? `The input is not an object: see ${name}.` : `${path.map(String).join('.')} ${issue?.message}`;
  return { ok: false, problem, path, exceeds: issue?.code === 'too_big' };
}
