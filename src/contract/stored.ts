import * as z from 'zod/mini';

/**
 * The kinds of values that stored schemas are made of, and the reading of what may have been typed in the Temporal UI.
 *
 * `zod/mini` because workflow code reads its input with the same schemas, and its bundle holds what they import.
 */

/** What a schema reads, with every property read-only. */
export type Stored<Schema extends z.core.$ZodType> = Immutable<z.core.output<Schema>>;

type Immutable<T> = T extends string | number | boolean | null | undefined
  ? T
  : { readonly [Key in keyof T]: Immutable<T[Key]> };

/** What was read: the input, or one sentence that names the wrong field and how to fix it. */
export type ReadInput<T> =
  | { readonly ok: true; readonly input: T }
  | {
      readonly ok: false;
      readonly problem: string;
      /** Names of the field and of those around it, outermost first. */
      readonly path: readonly PropertyKey[];
      /** Whether the value has the right form, and only exceeds a limit. */
      readonly exceeds: boolean;
    };

/** The longest delay or timeout: 365 days. */
export const MAX_DURATION_MS = 365 * 86_400_000;

/** A schema that reads another value in place of one that does not fit. */
export const orElse = z.catch;

/** A text with something in it. `fix` completes the sentence: `is missing or empty: <fix>`. */
export function filledText(fix: string) {
  const error = `is missing or empty: ${fix}.`;
  return z.string({ error }).check(z.refine((text) => text.trim() !== '', { error }));
}

/** A text that may be left out, but not left blank. */
export function optionalText() {
  const error = 'is not a text with content: remove it, or fill it in.';
  return z.exactOptional(z.string({ error }).check(z.refine((text) => text.trim() !== '', { error })));
}

/** A finite number above 0. */
export function positive() {
  const error = 'is not a positive number.';
  return z.number({ error }).check(z.positive({ error }));
}

/** An object with known fields; others are dropped, so that nothing unknown travels on. */
export function record<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.object(shape, { error: ({ input }) => (input === undefined ? 'is missing.' : 'is not an object.') });
}

/**
 * Reads a value that may have been typed in the Temporal UI, or written by another version.
 *
 * @param name type that describes the whole, for a value that is no object at all
 * @returns the known fields, or what is wrong with the first bad one. The sentence repeats no value.
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
