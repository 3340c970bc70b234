import { argumentList, variableNames, variables } from '../../settings/programs.ts';
import { duration } from '../../settings/quantities.ts';
import { optionalSetting, setting } from '../../settings/setting.ts';
import { folder } from '../../settings/texts.ts';
import type { SettingsOf } from '../agent-type.ts';

/** The settings that every type of agent has which is a program of the worker's machine. */
export const childSettings = {
  args: setting(argumentList, {
    default: [],
    help: 'Its arguments, as a list. They are passed as they are: no variable and no wildcard is expanded. With a preset they come after its own.',
  }),
  pass_env: setting(variableNames, {
    default: [],
    help: "Variables of the worker's environment that it gets beside `PATH`, `HOME`, the language and the time zone, and those of its preset.",
  }),
  env: optionalSetting(variables, {
    secret: true,
    defaultText: 'none',
    help: 'Further variables, with their values.',
  }),
  work_dir: optionalSetting(folder, {
    defaultText: "`garudust-temporal/work` in the user's folder for state",
    help: 'Holds a working directory for each session.',
  }),
  cwd: optionalSetting(folder, {
    defaultText: 'one for each session',
    help: 'One working directory for all calls, such as a checkout. Nothing is ever removed there.',
  }),
  keep_work: setting(duration({ min: '1h', max: '365d' }), {
    default: '7d',
    help: 'How long the directory of a session is kept after its last use. That of a task without a session key is removed once it is answered.',
  }),
  silence_timeout: optionalSetting(duration({ min: '1s', max: '24d' }), {
    defaultText: 'none',
    help: 'The program is ended when it writes nothing for so long, on standard output or error.',
  }),
};

/** What they read. */
export type ChildSettings = SettingsOf<typeof childSettings>;
