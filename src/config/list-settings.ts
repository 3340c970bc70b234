import type { z } from 'zod';
import { settings } from './schema.ts';
import { visitSchema } from '../settings/schema-node.ts';
import type { SettingMeta } from '../settings/setting.ts';

/** A setting with its place. */
export interface Setting extends SettingMeta {
  /** `*` stands for any client, agent or source. */
  readonly path: readonly string[];
}

/** Every setting, in the order of the schema. A setting that several agent types share is listed once. */
export function listSettings(): readonly Setting[] {
  const byPath = new Map<string, Setting>();
  for (const setting of walk(settings, [])) {
    const key = setting.path.join('.');
    if (!byPath.has(key)) byPath.set(key, setting);
  }
  return [...byPath.values()];
}

function walk(schema: z.core.$ZodType, path: readonly string[]): Setting[] {
  return visitSchema<Setting[]>(schema, {
    setting: (meta) => [{ ...meta, path }],
    block: (fields) => fields.flatMap(([name, field]) => walk(field, [...path, name])),
    list: (item) => walk(item, [...path, '*']),
    map: (value) => walk(value, [...path, '*']),
    choice: (options) => options.flatMap((option) => walk(option, path)),
  });
}

/** A setting that the command line can take. */
export interface FlagSetting {
  /** As commander takes it: `--admin-port <port>`. */
  readonly flag: string;
  readonly help: string;
  /** A former name, which help does not show. */
  readonly hidden: boolean;
}

/** The flags for the command line to declare, without defaults: the schema has those. */
export function listFlags(): readonly FlagSetting[] {
  return listSettings().flatMap(({ flag, formerly, accepts, help }) =>
    [flag, formerly?.flag].flatMap((name) => {
      if (name === undefined) return [];
      const words = accepts.includes('`') ? ` (${accepts.replaceAll('`', '')})` : '';
      const text = help.replaceAll('`', '') + words;
      return [{ flag: `${name} <${name.split('-').at(-1)}>`, help: text, hidden: name !== flag }];
    }),
  );
}
