import { readFileSync } from 'node:fs';
import type { Preset } from '../../src/sources/preset.ts';
import { PRESETS } from '../../src/sources/presets.ts';
import { markdownTable } from './markdown-table.ts';

const TABLE = /(<!-- presets: [^>]*-->)[^]*?(<!-- end of presets -->)/;

/** `docs/sources.md` with the table of presets as the code has it; the rest of the page is written by hand. */
export function renderSourcesPage(): string {
  const presets: readonly (readonly [string, Preset])[] = Object.entries(PRESETS);
  const rows = presets.map(([name, { documentation }]) => {
    const { sender, page, setUp, verifiedBy, eventType, deliveryId, ignores = '' } = documentation;
    const named = page === undefined ? sender : `[${sender}](${page})`;
    return [named, `\`${name}\``, setUp, verifiedBy, eventType, deliveryId, ignores];
  });
  const table = markdownTable(
    ['sender', 'preset', 'set up there', 'verified by', 'event type', 'a repeat has the same', 'ignored by default'],
    rows,
  );
  return readFileSync('docs/sources.md', 'utf8').replace(
    TABLE,
    (_, start: string, end: string) => `${start}\n\n${table}\n\n${end}`,
  );
}
