import { argumentList, programName, variableNames, variables } from '../../settings/programs.ts';
import { duration } from '../../settings/quantities.ts';
import { optionalSetting, setting } from '../../settings/setting.ts';
import { folder, oneOf } from '../../settings/texts.ts';
import { defineAgentType } from '../agent-type.ts';
import { createCommandAgent } from './command.ts';

/** The agent type `command`. */
export const commandType = defineAgentType({
  summary: `Any program of the worker's machine: it reads the task, and what it writes is the answer. No shell is between. It runs with the
worker's rights.`,
  settings: {
    program: setting(programName, {
      help: 'Its path, or its name on `PATH`.',
    }),
    args: setting(argumentList, {
      default: [],
      help: 'Its arguments, as a list. They are passed as they are: no variable and no wildcard is expanded.',
    }),
    input: setting(oneOf(['stdin', 'argument']), {
      default: 'stdin',
      help: 'Whether the task is its standard input, or its last argument. An argument has at most 128 KiB, and begins with a dash only when `args` ends with `--`.',
    }),
    pass_env: setting(variableNames, {
      default: [],
      help: "Variables of the worker's environment that it gets beside `PATH`, `HOME`, the language and the time zone.",
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
  },
  create: createCommandAgent,
  example: ['program: ./my-agent'],
  describe: ({ program }) => `command ${program}`,
  remedies: {
    AgentMisconfigured: (nameOf) => `Check ${nameOf('program')}: the worker's user must be able to run it.`,
    TaskRefused: () => 'Change the task, or give it to the program on standard input.',
  },
});
