import type { z } from 'zod';
import type { ConfigProblem } from './config-error.ts';
import { formatPath, moveAt, type Path, type RawSettings, wordOrigin } from './raw-settings.ts';
import { chosenOption, visitSchema } from '../settings/schema-node.ts';

import { formerBlockName, settingMeta } from '../settings/setting.ts';
import { isRecord } from '../values/is-record.ts';

/** What was found under former names. */
export interface FormerNamesFound {
  readonly problems: readonly ConfigProblem[];
  /** One sentence each. */
  readonly warnings: readonly string[];
}

/** The warning for a name that still works. */
export function describeFormer(former: string, today: string): string {
  return `${former} is now called ${today}: rename it.`;
}

/** The error for a setting under both of its names. */
export function describeBoth(former: string, today: string, remove: string): string {
  return `${former} is the former name of ${today}, which is set too: remove ${remove}.`;
}

/**
 * Moves what the file has under a setting's former name to its name of today. A value keeps the place where it was read, so
 * that messages name it as the file does.
 *
 * @returns a warning for each former name, and a problem where the file has both
 */
export function renameFormerKeys(schema: z.core.$ZodType, raw: RawSettings): FormerNamesFound {
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  const visit = (below: z.core.$ZodType, value: unknown, path: Path): void =>
    visitSchema<void>(below, {
      setting: () => undefined,
      block(fields) {
        if (!isRecord(value)) return;
        for (const [name, field] of fields) {
          const former = settingMeta.get(field)?.formerly?.key ?? formerBlockName.get(field)?.key;
          if (former !== undefined) rename(value, path, former, name);
          visit(field, value[name], [...path, name]);
        }
      },
      list: (item) => Array.isArray(value) && value.forEach((entry, index) => visit(item, entry, [...path, index])),
      map(entry) {
        if (isRecord(value)) for (const [name, found] of Object.entries(value)) visit(entry, found, [...path, name]);
      },
      choice(options) {
        const option = chosenOption(options, value);
        if (option !== undefined) visit(option, value, path);
      },
    });
  const rename = (block: Record<string, unknown>, path: Path, former: string, name: string): void => {
    if (!Object.hasOwn(block, former)) return;
    const [from, to] = [
      [...path, former],
      [...path, name],
    ];
    const [was, is] = [formatPath(from), formatPath(to)];
    const where = `${was}${wordOrigin(raw.origins.get(was))}`;
    if ((block[name] ?? undefined) === undefined) {
      warnings.push(describeFormer(where, name));
      moveAt(raw, from, to);
    } else {
      delete block[former];
      problems.push({ path: was, line: describeBoth(where, is, former) });
    }
  };
  visit(schema, raw.values, []);
  return { problems, warnings };
}
