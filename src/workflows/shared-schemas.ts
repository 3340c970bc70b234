import { AGENT_RUN_INPUT, type AgentRunInput } from '../contract/run.ts';
import { readStored } from '../contract/stored.ts';

/**
 * Loaded once in each workflow thread, before the first run (`preloadModules` of the SDK's bundler): the schemas hold no state of a
 * run, and building them anew for each run would double the CPU of a workflow task.
 *
 * zod completes a schema at its first use, and the SDK freezes what it has loaded. So each schema is used here once, good and bad.
 */
const FULL: AgentRunInput = {
  task: { text: 'x', sessionKey: 'x', userId: 'x', userName: 'x', metadata: { x: 'x' } },
  client: 'x',
  source: 'x',
  agent: 'x',
  agentPolicy: { attemptTimeoutMs: 1, totalTimeoutMs: 1, heartbeatTimeoutMs: 1, maxAttempts: 1, maxAnswerBytes: 1 },
  callback: { url: 'x', retryDelaysMs: [1], attemptTimeoutMs: 1, deadLetterMs: 1 },
};

for (const input of [FULL, { ...FULL, task: {}, callback: {} }, undefined]) {
  readStored(AGENT_RUN_INPUT, 'AgentRunInput', input);
}
