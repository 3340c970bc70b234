import type { z } from 'zod';
import { chosenOption, visitSchema } from './schema-node.ts';
import { isRecord } from '../values/is-record.ts';

type Schema = z.core.$ZodType;

/** `max_in_flight` is `maxInFlight`. */
export type CamelCase<Name> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/**
 * What a schema reads, under the names that the code uses: those of the file in camelCase. Names that users choose, such as
 * those of agents, stay as they are, and so does what a single setting holds, such as headers.
 */
export type CamelCased<S> =
  S extends z.ZodObject<infer Fields>
    ? BlockOf<Fields>
    : S extends z.ZodArray<infer Item>
      ? readonly CamelCased<Item>[]
      : S extends z.ZodRecord<infer _, infer Value>
        ? Readonly<Record<string, CamelCased<Value>>>
        : S extends z.ZodDiscriminatedUnion<infer Options>
          ? CamelCased<Options[number]>
          : S extends Schema
            ? z.output<S>
            : never;

type BlockOf<Fields> = {
  readonly [Name in keyof Fields as IsOptional<Fields[Name]> extends true ? never : CamelCase<Name>]: CamelCased<
    Fields[Name]
  >;
} & {
  readonly [Name in keyof Fields as IsOptional<Fields[Name]> extends true ? CamelCase<Name> : never]?: Exclude<
    CamelCased<Fields[Name]>,
    undefined
  >;
};

type IsOptional<S> = S extends Schema ? (undefined extends z.output<S> ? true : false) : never;

/** Renames what a schema has read as `CamelCased` says; what is undefined is left out. */
export function toCamelCase<S extends Schema>(schema: S, read: z.output<S>): CamelCased<S> {
  return rename(schema, read) as CamelCased<S>;
}

function rename(schema: Schema, value: unknown): unknown {
  const block = isRecord(value) ? value : {};
  return visitSchema<unknown>(schema, {
    setting: () => value,
    block: (fields) =>
      Object.fromEntries(
        fields.flatMap(([name, field]) =>
          block[name] === undefined ? [] : [[camelCase(name), rename(field, block[name])]],
        ),
      ),
    list: (item) => (Array.isArray(value) ? value.map((entry) => rename(item, entry)) : value),
    map: (entry) => Object.fromEntries(Object.entries(block).map(([name, found]) => [name, rename(entry, found)])),
    choice(options) {
      const option = chosenOption(options, value);
      return option === undefined ? value : rename(option, value);
    },
  });
}

/** A name of the file as the code has it. */
export function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
