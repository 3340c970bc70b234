import { file } from '../../settings/texts.ts';
import { size } from '../../settings/quantities.ts';
import { setting } from '../../settings/setting.ts';
import { defineAgentType } from '../agent-type.ts';
import { createModuleAgent } from './module.ts';

/** The agent type `module`. */
export const moduleType = defineAgentType({
  summary:
    'A function of your own: an ES module that exports `run(text, context)`. It runs in a thread of the worker, and no fault of it ends the worker.',
  settings: {
    path: setting(file, { help: 'Path of the module, from the working directory of the worker.' }),
    max_memory: setting(size({ min: '16MiB', max: '65536MiB' }), {
      default: '1024MiB',
      help: 'How much its thread may hold of what JavaScript allocates. Buffers and native memory are not counted.',
    }),
  },
  example: ['path: ./my-agent.mjs'],
  create: createModuleAgent,
  describe: ({ path }) => `module ${path}`,
  remedies: {
    AgentMisconfigured: (nameOf) => `Check ${nameOf('path')}: it names an ES module that exports a function run.`,
    ModelAnswerUnreadable: () => 'Correct the module: run must resolve with { output: string }.',
  },
  remembers: () => false,
  checksLimits: 'where the module calls `checkBudget`',
});
