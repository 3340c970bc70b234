import type { z } from 'zod';
import { getAt, type Path } from './raw-settings.ts';
import { chosenOption, type SchemaVisitor, visitSchema } from './schema-node.ts';
import { settings } from './schema.ts';

type Schema = z.core.$ZodType;

/**
 * The names of the settings that a block may hold.
 *
 * @param values what was given, which tells the type of an agent
 */
export function knownKeys(path: Path, values: unknown): readonly string[] {
  let schema: Schema | undefined = settings;
  for (const [index, part] of path.entries()) {
    schema = schema && stepInto(schema, part, getAt(values, path.slice(0, index + 1)));
  }
  const none: readonly string[] = [];
  if (schema === undefined) return none;
  return visitSchema(schema, { ...always(none), block: (fields) => fields.map(([name]) => name) });
}

function stepInto(schema: Schema, part: PropertyKey, value: unknown): Schema | undefined {
  const below = visitSchema<Schema | undefined>(schema, {
    ...always(undefined),
    block: (fields) => fields.find(([name]) => name === part)?.[1],
    list: (item) => item,
    map: (entry) => entry,
  });
  return (
    below &&
    visitSchema<Schema | undefined>(below, { ...always(below), choice: (options) => chosenOption(options, value) })
  );
}

function always<R>(result: R): SchemaVisitor<R> {
  const give = (): R => result;
  return { setting: give, block: give, list: give, map: give, choice: give };
}
