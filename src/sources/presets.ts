import type { Preset } from './preset.ts';
import { ALERTS_PRESETS } from './presets/alerts.ts';
import { CLOUD_PRESETS } from './presets/clouds.ts';
import { CODE_PRESETS } from './presets/code.ts';
import { COMMERCE_PRESETS } from './presets/commerce.ts';
import { EVENTS_PRESETS } from './presets/events.ts';
import { MESSAGES_PRESETS } from './presets/messages.ts';

/** Every preset by its name. */
export const PRESETS = {
  ...CODE_PRESETS,
  ...MESSAGES_PRESETS,
  ...COMMERCE_PRESETS,
  ...ALERTS_PRESETS,
  ...CLOUD_PRESETS,
  ...EVENTS_PRESETS,
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;

/** The preset of a name; undefined if there is none. */
export function findPreset(name: string): Preset | undefined {
  return Object.hasOwn(PRESETS, name) ? PRESETS[name as PresetName] : undefined;
}
