import { defineAgentType } from '../agent-type.ts';
import { createModelAgent } from './model.ts';
import { modelSettings, PROVIDER_URLS } from './model-settings.ts';

/** The agent type `model`. */
export const modelType = defineAgentType({
  summary:
    'A model behind the API of OpenAI, Anthropic or Google, or of any server that speaks like OpenAI: Ollama, vLLM, LiteLLM, OpenRouter, Hermes, OpenClaw. Its tools are those of MCP servers.',
  settings: modelSettings,
  example: ['url: http://127.0.0.1:11434/v1', 'model: llama3.2'],
  definedBy: 'model',
  // A cheap model of each, for a first try.
  borrows: [
    { env: 'OPENAI_API_KEY', fills: 'api_key', implies: { provider: 'openai', model: 'gpt-5-mini' } },
    { env: 'ANTHROPIC_API_KEY', fills: 'api_key', implies: { provider: 'anthropic', model: 'claude-haiku-4-5' } },
  ],
  remembers: () => false,
  checksLimits: 'before each call of the model',
  create: createModelAgent,
  describe: ({ provider, url = PROVIDER_URLS[provider], model }) => `${model} at ${new URL(url).host}`,
  remedies: {
    AgentUnreachable: (nameOf) => `Start the server of the model, or correct its address (${nameOf('url')}).`,
    AgentKeyRefused: (nameOf) => `Set ${nameOf('api_key')} to a key that the provider accepts.`,
    AgentMisconfigured: (nameOf) => `Check ${nameOf('url')}, ${nameOf('provider')} and ${nameOf('model')}.`,
    TokenBudgetExceeded: (nameOf) => `Ask for a shorter answer, or raise ${nameOf('max_output_tokens')}.`,
    ModelAnswerUnreadable: (nameOf) =>
      `Check that ${nameOf('url')} is the base URL of the API, with its version, and that ${nameOf('provider')} fits.`,
    TaskRefused: () => 'Change the task; the model rejects the same text again.',
  },
  warnings: ({ provider, url, apiKey }) =>
    provider !== 'openai-compatible' && url === undefined && apiKey === undefined
      ? ['has no api_key, without which the provider refuses every task.']
      : [],
});
