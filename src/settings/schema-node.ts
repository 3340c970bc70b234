import { z } from 'zod';

import { type SettingMeta, settingMeta } from './setting.ts';
import { isRecord } from '../values/is-record.ts';

type Schema = z.core.$ZodType;

/** What a walk over the schema does at each kind of place. */
export interface SchemaVisitor<R> {
  setting(meta: SettingMeta): R;
  /** Named settings and further blocks. */
  block(fields: readonly (readonly [string, Schema])[]): R;
  list(item: Schema): R;
  /** Blocks under names that the user chooses. */
  map(value: Schema): R;
  /** Blocks distinguished by their `type`. */
  choice(options: readonly Schema[]): R;
}

/**
 * Visits one place of the schema.
 *
 * @throws TypeError for a type that no setting of ours has
 */
export function visitSchema<R>(schema: Schema, visitor: SchemaVisitor<R>): R {
  const meta = settingMeta.get(schema);
  if (meta !== undefined) return visitor.setting(meta);
  if (schema instanceof z.ZodObject) return visitor.block(Object.entries(schema.shape));
  if (schema instanceof z.ZodArray) return visitor.list(schema.element);
  if (schema instanceof z.ZodRecord) return visitor.map(schema.valueType);
  if (schema instanceof z.ZodDiscriminatedUnion) return visitor.choice(schema.options);
  throw new TypeError('The schema has a setting without metadata: make it by setting().');
}

/**
 * The option of a choice that a block is meant for, by its `type`; where it names none, by the default of `type`.
 *
 * @returns undefined for a type that is not among them
 */
export function chosenOption(options: readonly Schema[], value: unknown): Schema | undefined {
  const named = isRecord(value) ? value['type'] : undefined;
  return options.find((option) => {
    const type = typeOf(option);
    return type !== undefined && type.value === (named ?? settingMeta.get(type)?.default);
  });
}

/** The `type` by which a choice tells an option from the others. */
export function optionName(option: Schema): string | undefined {
  const name = typeOf(option)?.value;
  return typeof name === 'string' ? name : undefined;
}

function typeOf(option: Schema): z.ZodLiteral | undefined {
  const type = option instanceof z.ZodObject ? option.shape['type'] : undefined;
  return type instanceof z.ZodLiteral ? type : undefined;
}
