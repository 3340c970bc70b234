import { toRecord } from '../../values/is-record.ts';

/** One thing that is wrong with an input. */
export interface InputIssue {
  /** Path of the field, dotted; empty for the whole input. */
  readonly field: string;
  readonly message: string;
}

/** A validator of whatever library, as https://standardschema.dev version 1 defines it. */
export interface InputSchema {
  readonly '~standard': { readonly version: 1; readonly validate: (value: unknown) => unknown };
}

export type ValidInput =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly issues: readonly InputIssue[] };

export function isInputSchema(value: unknown): value is InputSchema {
  // Schemas of arktype are functions.
  const standard: unknown = value == null ? undefined : (value as Partial<InputSchema>)['~standard'];
  return typeof toRecord(standard)['validate'] === 'function';
}

/** Validates an input. Its value is what the schema makes of it: with its defaults and its transformations. */
export async function validateInput(schema: InputSchema | undefined, input: unknown): Promise<ValidInput> {
  if (schema === undefined) return { ok: true, value: input };
  const { issues, value } = toRecord(await schema['~standard'].validate(input));
  if (!Array.isArray(issues) || issues.length === 0) return { ok: true, value };
  return { ok: false, issues: issues.map((issue) => toIssue(toRecord(issue))) };
}

function toIssue({ path, message }: Readonly<Record<string, unknown>>): InputIssue {
  const parts = Array.isArray(path) ? path.map((part: unknown) => String(toRecord(part)['key'] ?? part)) : [];
  return { field: parts.join('.'), message: typeof message === 'string' ? message : 'is not valid' };
}
