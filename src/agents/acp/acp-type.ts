import { programName } from '../../settings/programs.ts';
import { setting } from '../../settings/setting.ts';
import { oneOf } from '../../settings/texts.ts';
import { defineAgentType } from '../agent-type.ts';
import { childSettings } from '../child/child-settings.ts';
import { createAcpAgent } from './acp.ts';

/** The agent type `acp`. */
export const acpType = defineAgentType({
  summary: `A program of the worker's machine that speaks the Agent Client Protocol, version 1, such as \`opencode acp\` or \`gemini --acp\`.
It runs with the worker's rights.`,
  settings: {
    program: setting(programName, { help: 'Its path, or its name on `PATH`.' }),
    permissions: setting(oneOf(['deny', 'allow']), {
      default: 'deny',
      help: 'What it is told when it asks for a permission, such as to write a file or to run a command. Nobody is asked.',
    }),
    ...childSettings,
  },
  create: createAcpAgent,
  example: ['program: opencode', 'args: [acp]'],
  describe: ({ program }) => `acp ${program}`,
  remedies: {
    AgentMisconfigured: (nameOf) =>
      `Check ${nameOf('program')} and ${nameOf('args')}: they must start an agent that speaks ACP, and the worker's user must be able to run it.`,
  },
});
