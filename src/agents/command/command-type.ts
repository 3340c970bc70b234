import { programName } from '../../settings/programs.ts';
import { optionalSetting, setting } from '../../settings/setting.ts';
import { oneOf } from '../../settings/texts.ts';
import { defineAgentType } from '../agent-type.ts';
import { childSettings } from '../child/child-settings.ts';
import { PRESET_NAMES } from './presets/presets.ts';
import { createCommandAgent } from './command.ts';

/** The agent type `command`. */
export const commandType = defineAgentType({
  summary: `Any program of the worker's machine: it reads the task, and what it writes is the answer. No shell is between. It runs with the
worker's rights.`,
  settings: {
    preset: optionalSetting(oneOf(PRESET_NAMES), {
      defaultText: 'none',
      help: 'A command-line agent whose events are read: answer, tokens, cost, tools, failures. The session of a session key is resumed.',
    }),
    program: optionalSetting(programName, {
      defaultText: "the preset's",
      help: 'Its path, or its name on `PATH`. Needed without a preset.',
    }),
    input: setting(oneOf(['stdin', 'argument']), {
      default: 'stdin',
      help: 'Without a preset: whether the task is its standard input, or its last argument. An argument has at most 128 KiB, and begins with a dash only when `args` ends with `--`.',
    }),
    ...childSettings,
  },
  create: createCommandAgent,
  example: ['preset: claude'],
  checksLimits: 'not checked; `claude` is given what is left of `max_cost_usd`',
  describe: ({ program, preset }) => `command ${program ?? preset ?? 'without a program'}`,
  warnings: ({ program, preset }) =>
    program === undefined && preset === undefined ? ['has neither a program nor a preset: set one of them.'] : [],
  remedies: {
    AgentMisconfigured: (nameOf) =>
      `Set ${nameOf('program')} or ${nameOf('preset')} to a program that the worker's user can run.`,
    TaskRefused: () => 'Change the task, or give it to the program on standard input.',
  },
});
