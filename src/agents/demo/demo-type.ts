import { defineAgentType } from '../agent-type.ts';
import { createDemoAgent } from './demo.ts';

/** The agent type `demo`. */
export const demoType = defineAgentType({
  summary:
    'The built-in agent, which calls no model: it repeats the task, and fails or waits where the task tells it to.',
  settings: {},
  create: () => createDemoAgent(),
  describe: () => 'demo, which calls no model',
  remedies: {},
});
