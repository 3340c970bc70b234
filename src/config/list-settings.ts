import type { z } from 'zod';
import { settings } from './schema.ts';
import { optionName, visitSchema } from '../settings/schema-node.ts';
import type { SettingMeta } from '../settings/setting.ts';

/** A setting with its place. */
export interface Setting extends SettingMeta {
  /** `*` stands for any client, agent or source. */
  readonly path: readonly string[];
  /** The agent type that has this setting; absent where every type has it. */
  readonly agentType?: string;
}

/** Every setting, in the order of the schema. A setting that every agent type has is listed once, before those of each type. */
export function listSettings(schema: z.core.$ZodType = settings): readonly Setting[] {
  return walk(schema, []).map(({ meta, ...place }) => ({ ...meta, ...place }));
}

interface Found extends Pick<Setting, 'path' | 'agentType'> {
  readonly meta: SettingMeta;
}

function walk(schema: z.core.$ZodType, path: readonly string[]): Found[] {
  return visitSchema<Found[]>(schema, {
    setting: (meta) => [{ meta, path }],
    block: (fields) => fields.flatMap(([name, field]) => walk(field, [...path, name])),
    list: (item) => walk(item, [...path, '*']),
    map: (value) => walk(value, [...path, '*']),
    choice(options) {
      const byType = options.map((option) => ({ agentType: optionName(option), found: walk(option, path) }));
      // Two types may have settings of one name, so the metadata identifies a shared one.
      const isShared = ({ meta }: Found): boolean =>
        byType.every(({ found }) => found.some((other) => other.meta === meta));
      const own = byType.flatMap(({ agentType, found }) =>
        found.filter((one) => !isShared(one)).map((one) => ({ ...one, ...(agentType !== undefined && { agentType }) })),
      );
      return [...(byType[0]?.found.filter(isShared) ?? []), ...own];
    },
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
export function listFlags(all: readonly Setting[] = listSettings()): readonly FlagSetting[] {
  return all.flatMap(({ flag, formerly, accepts, help }) =>
    [flag, formerly?.flag].flatMap((name) => {
      if (name === undefined) return [];
      const words = accepts.includes('`') ? ` (${accepts.replaceAll('`', '')})` : '';
      const text = help.replaceAll('`', '') + words;
      return [{ flag: `${name} <${name.split('-').at(-1)}>`, help: text, hidden: name !== flag }];
    }),
  );
}
