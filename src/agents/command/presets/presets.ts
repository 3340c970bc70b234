import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { gemini } from './gemini.ts';
import { opencode } from './opencode.ts';
import type { CommandPreset } from './preset.ts';

/** Command-line agents whose events we read, by name. A new one is a file beside this and a row here. */
export const PRESETS = { claude, codex, opencode, gemini } as const satisfies Record<string, CommandPreset>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
