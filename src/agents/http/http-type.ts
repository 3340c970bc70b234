import { postUrl } from '../../settings/addresses.ts';
import { headerSecret } from '../../settings/secrets.ts';
import { optionalSetting, setting } from '../../settings/setting.ts';
import { defineAgentType } from '../agent-type.ts';
import { bodyTemplate, readsHistory } from '../body-template.ts';
import { jsonPaths } from '../json-path.ts';
import { usagePlaces } from '../read-result.ts';
import { headerTemplates, TASK_ROOTS } from '../task-templates.ts';
import { createHttpAgent } from './http.ts';

const READS = TASK_ROOTS.map((root) => `\`${root}\``).join(', ');

export const httpSettings = {
  url: setting(postUrl, { help: 'Where the task is posted.' }),
  api_key: optionalSetting(headerSecret, {
    secret: true,
    defaultText: 'none',
    help: 'Sent as `Authorization: Bearer`. For any other form use `headers`.',
  }),
  headers: optionalSetting(headerTemplates, {
    secret: true,
    defaultText: 'none',
    help: `Further headers. Their values are templates, which read ${READS}.`,
  }),
  body: optionalSetting(bodyTemplate, {
    secret: true,
    defaultText: '`text`, `session_key`, `user_id` and `user_name`',
    help: 'The JSON that is posted. Every text in it is a template, and one that finds nothing is left out: `{prompt: "{{ text }}", options: {stream: false}}`.',
  }),
  output: optionalSetting(jsonPaths, {
    defaultText: 'the whole body',
    help: 'Where the text of the answer stands: `$.output`. Several texts at one place are joined; of several places the first that has a text counts.',
  }),
  ...usagePlaces('the answer'),
};

/** The agent type `http`. */
export const httpType = defineAgentType({
  summary: 'Any server that answers one POST with one answer. It may take as long as `attempt_timeout`.',
  settings: httpSettings,
  example: ['url: http://127.0.0.1:5000/ask', 'output: $.output'],
  create: createHttpAgent,
  remembers: ({ body }) => !readsHistory(body),
  describe: ({ url }) => `http at ${new URL(url).host}`,
  remedies: {
    AgentUnreachable: (nameOf) => `Start the agent, or correct its address (${nameOf('url')}).`,
    AgentKeyRefused: (nameOf) => `Set ${nameOf('api_key')} or ${nameOf('headers')} to what the agent expects.`,
    AgentMisconfigured: (nameOf) => `Check ${nameOf('url')}.`,
  },
});
