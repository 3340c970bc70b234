import { defineAgentType } from '../agent-type.ts';
import { readsHistory } from '../body-template.ts';
import { createRemoteAgent } from './remote.ts';
import { remoteSettings } from './remote-settings.ts';

/** The agent type `remote`. */
export const remoteType = defineAgentType({
  summary:
    'An agent that is started, polled and canceled by a handle: Hermes, OpenAI Responses in the background, LangGraph, A2A, or your own. Work that a lost worker started is followed, not started again.',
  settings: remoteSettings,
  example: ['preset: hermes', 'url: http://127.0.0.1:8642'],
  create: createRemoteAgent,
  remembers: ({ start }) => !readsHistory(start?.body),
  describe: ({ preset = 'remote', url }) => `${preset} at ${new URL(url).host}`,
  remedies: {
    AgentUnreachable: (nameOf) => `Start the agent, or correct its address (${nameOf('url')}).`,
    AgentKeyRefused: (nameOf) => `Set ${nameOf('api_key')} or ${nameOf('headers')} to what the agent expects.`,
    AgentMisconfigured: (nameOf) => `Check ${nameOf('url')} and ${nameOf('preset')}.`,
    TokenBudgetExceeded: () => "Split the task, or raise the agent's own limit.",
  },
});
