import { baseUrl } from '../../settings/addresses.ts';
import { headerSecret } from '../../settings/secrets.ts';
import { optionalSetting, setting } from '../../settings/setting.ts';
import { defineAgentType } from '../agent-type.ts';
import { createGarudustAgent } from './garudust.ts';

/** Tasks that Garudust itself runs at once. */
const GARUDUST_CONCURRENCY = 64;

/** The agent type `garudust`. */
export const garudustType = defineAgentType({
  summary: `A Garudust server, over its HTTP API. It runs ${GARUDUST_CONCURRENCY} tasks at once: with a higher \`concurrency\` the rest queues there, while its attempt timeout runs.`,
  settings: {
    url: setting(baseUrl, {
      env: 'GARUDUST_URL',
      flag: '--garudust-url',
      default: 'http://127.0.0.1:3000',
      help: 'URL of the Garudust server. In `dev` without it and without `agents`, the built-in agent `demo` answers.',
    }),
    api_key: optionalSetting(headerSecret, {
      env: 'GARUDUST_API_KEY',
      secret: true,
      defaultText: 'none',
      help: 'API key of the Garudust server.',
    }),
  },
  example: ['url: http://127.0.0.1:3000'],
  definedBy: 'url',
  create: createGarudustAgent,
  describe: ({ url }) => `garudust at ${url}`,
  remedies: {
    AgentUnreachable: (nameOf) => `Start Garudust, or correct its address (${nameOf('url')}).`,
    AgentKeyRefused: (nameOf) => `Set ${nameOf('api_key')} to the key that Garudust expects.`,
    AgentMisconfigured: (nameOf) => `Check ${nameOf('url')}, and Garudust's own settings.`,
    AgentBudgetExhausted: () => 'Restart Garudust, or raise its max_iterations.',
    TokenBudgetExceeded: () => "Split the task, or raise Garudust's max_tokens_per_task.",
  },
  warnings: ({ concurrency }) =>
    concurrency > GARUDUST_CONCURRENCY
      ? [
          `gets ${concurrency} tasks at once, but Garudust runs ${GARUDUST_CONCURRENCY}: the rest waits there while its attempt timeout runs.`,
        ]
      : [],
});
