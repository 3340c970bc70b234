import { baseUrl, postUrl } from '../../settings/addresses.ts';
import { headerSecret, strongSecrets } from '../../settings/secrets.ts';
import { optionalSetting, setting } from '../../settings/setting.ts';
import { oneOf } from '../../settings/texts.ts';
import { defineAgentType } from '../agent-type.ts';
import { createCallbackAgent } from './callback.ts';

/** The agent type `callback`. */
export const callbackType = defineAgentType({
  summary: `Whatever takes a task now and answers later: a queue, a person, Garudust's own webhook adapter. It gets the task by POST, with a
URL for this one call, and posts the answer there. Set \`attempt_timeout\` and \`total_timeout\` to how long it may take. Where a second try
makes no sense, set \`max_attempts: 1\`.`,
  settings: {
    url: setting(postUrl, { secret: true, help: 'Where the task is posted.' }),
    preset: optionalSetting(oneOf(['garudust']), {
      defaultText: 'none: our own form',
      help: "`garudust`: the body of Garudust's webhook adapter, signed with `hmac_secret`.",
    }),
    completion_url: setting(baseUrl, {
      help: 'URL at which the agent reaches our ingress, such as `https://agents.example.com`: mostly that of `public_url`.',
    }),
    completion_secret: setting(strongSecrets, {
      env: 'COMPLETION_SECRET',
      secret: true,
      help: 'Secrets that sign completion URLs, for ingress and worker alike. The first one signs, all verify.',
    }),
    hmac_secret: optionalSetting(headerSecret, {
      secret: true,
      defaultText: 'none: the task is not signed',
      help: 'Secret that signs the posted task: `X-Hub-Signature-256`.',
    }),
  },
  create: createCallbackAgent,
  completionSecrets: ({ completionSecret }) => completionSecret,
  example: [
    'url: https://desk.example.com/tasks',
    'completion_url: https://agents.example.com',
    "completion_secret: '${COMPLETION_SECRET}'",
  ],
  describe: ({ url }) => `callback at ${new URL(url).host}`,
  remedies: {
    AgentKeyRefused: (nameOf) => `Set ${nameOf('hmac_secret')} to the secret that the agent expects.`,
    AgentTimeout: () =>
      'Raise attempt_timeout, and check that the agent posts its answer to the URL that comes with the task.',
    AgentMisconfigured: (nameOf) => `Check ${nameOf('url')}: a POST there must be answered with a 2xx.`,
  },
});
