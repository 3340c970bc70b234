import type { z } from 'zod';
import type { Mode } from './layers.ts';
import { chosenOption, isBlock, visitSchema } from './schema-node.ts';

/**
 * Fills in the defaults of everything that has no value, in the file's notation, so that the schema judges them too.
 *
 * What has the wrong shape is left as it is, for the schema to refuse.
 *
 * @returns a new value
 */
export function fillDefaults(schema: z.core.$ZodType, value: unknown, mode: Mode): unknown {
  const fill = (below: z.core.$ZodType, found: unknown): unknown => fillDefaults(below, found, mode);
  return visitSchema<unknown>(schema, {
    setting: (meta) => value ?? (mode === 'dev' ? (meta.devDefault ?? meta.default) : meta.default),
    block(fields) {
      const block = value ?? {};
      if (!isBlock(block)) return value;
      const filled = fields.map(([name, field]) => [name, fill(field, block[name])] as const);
      return { ...block, ...Object.fromEntries(filled.filter(([, found]) => found !== undefined)) };
    },
    list(item) {
      const list = value ?? [];
      return Array.isArray(list) ? list.map((entry) => (isBlock(entry) ? fill(item, entry) : entry)) : value;
    },
    map(entry) {
      const map = value ?? {};
      if (!isBlock(map)) return value;
      return Object.fromEntries(Object.entries(map).map(([name, found]) => [name, fill(entry, found)]));
    },
    choice(options) {
      const option = chosenOption(options, value);
      return option === undefined ? value : fill(option, value);
    },
  });
}
