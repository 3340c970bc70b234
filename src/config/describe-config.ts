import type { z } from 'zod';
import type { LoadedConfig } from './load-config.ts';
import { chosenOption, visitSchema } from '../settings/schema-node.ts';

import { settings } from './schema.ts';
import { isRecord } from '../values/is-record.ts';

/**
 * The effective configuration for one log line, named and written as in the file. A secret, marked as such in the schema,
 * shows as `set (12 characters)`.
 */
export function describeConfig(loaded: Pick<LoadedConfig, 'settings'>): Readonly<Record<string, unknown>> {
  return describe(settings, loaded.settings) as Readonly<Record<string, unknown>>;
}

function describe(schema: z.core.$ZodType, value: unknown): unknown {
  const block = isRecord(value) ? value : {};
  return visitSchema<unknown>(schema, {
    setting(meta) {
      if (value !== undefined) return meta.show(value);
      return meta.secret === true ? 'not set' : undefined;
    },
    block: (fields) => describeEntries(fields.map(([name, field]) => [name, describe(field, block[name])])),
    list: (item) => (Array.isArray(value) ? value.map((entry) => describe(item, entry)) : []),
    map: (entry) => describeEntries(Object.entries(block).map(([name, found]) => [name, describe(entry, found)])),
    choice(options) {
      const option = chosenOption(options, value);
      return option && describe(option, value);
    },
  });
}

function describeEntries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
