import { baseUrl } from '../../settings/addresses.ts';
import { decimal, wholeNumber } from '../../settings/quantities.ts';
import { headerSecret } from '../../settings/secrets.ts';
import { optionalSetting, setting } from '../../settings/setting.ts';
import { anyText, matching, oneOf } from '../../settings/texts.ts';
import { headerTemplates, taskTemplate } from '../task-templates.ts';
import { toolServers } from './tool-servers.ts';

export const PROVIDERS = ['openai-compatible', 'openai', 'anthropic', 'google'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Where each provider is, unless `url` says otherwise. The first is where Ollama listens. */
export const PROVIDER_URLS: Readonly<Record<Provider, string>> = {
  'openai-compatible': 'http://127.0.0.1:11434/v1',
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
};

const modelName = matching({
  noun: 'model name',
  pattern: /^[\x21-\x7e]{1,200}$/,
  fix: 'write it as the provider does, such as llama3.2; with its tag, if it has one',
});

const price = decimal({ min: 0, max: 100_000 });
const PRICE_DEFAULT = 'not known: no cost is reported';

export const modelSettings = {
  provider: setting(oneOf(PROVIDERS), {
    env: 'LLM_PROVIDER',
    default: 'openai-compatible',
    help: 'Whose API the model has. Most servers have the one of OpenAI: Ollama, vLLM, LiteLLM, OpenRouter, Hermes, OpenClaw.',
  }),
  url: optionalSetting(baseUrl, {
    env: 'LLM_URL',
    defaultText: `the provider's own; with \`openai-compatible\` where Ollama listens, \`${PROVIDER_URLS['openai-compatible']}\``,
    help: 'Base URL of the API, with its version.',
  }),
  model: setting(modelName, { env: 'LLM_MODEL', help: 'Name of the model, as the provider writes it.' }),
  api_key: optionalSetting(headerSecret, {
    env: 'LLM_API_KEY',
    secret: true,
    defaultText: 'none',
    help: 'API key of the provider.',
  }),
  system: optionalSetting(anyText, { defaultText: 'none', help: 'System prompt.' }),
  temperature: optionalSetting(decimal({ min: 0, max: 2 }), {
    defaultText: "the model's own",
    help: 'Temperature, from 0 to 2.',
  }),
  max_output_tokens: optionalSetting(wholeNumber({ min: 1, max: 10_000_000 }), {
    defaultText: "the model's own",
    help: 'Most tokens of one answer of the model. A longer one fails the run with `TokenBudgetExceeded`.',
  }),
  headers: optionalSetting(headerTemplates, {
    secret: true,
    defaultText: 'none',
    help: "Further headers. Their values are templates, which read `session_key`, `user_id`, `user_name`, `run_id` and `metadata`: `x-openclaw-session-key: '{{ session_key }}'`.",
  }),
  user: optionalSetting(taskTemplate, {
    defaultText: 'none',
    help: "Whom the provider is told as the end user, as a template: `'{{ session_key }}'`. Google has no such field.",
  }),
  mcp_servers: optionalSetting(toolServers, {
    secret: true,
    defaultText: 'none',
    help: 'Servers of the Model Context Protocol whose tools the model may use, by name: `{files: {command: [npx, …]}, search: {url: https://…, headers: {…}}}`.',
  }),
  max_steps: setting(wholeNumber({ min: 1, max: 1000 }), {
    default: 20,
    help: 'Most calls of the model for one task. Without tools there is one.',
  }),
  usd_per_million_input: optionalSetting(price, {
    defaultText: PRICE_DEFAULT,
    help: 'Price of a million input tokens in US dollars. With both prices, runs report what they cost.',
  }),
  usd_per_million_output: optionalSetting(price, {
    defaultText: PRICE_DEFAULT,
    help: 'Price of a million output tokens in US dollars.',
  }),
  usd_per_million_cached: optionalSetting(price, {
    defaultText: 'the price of input',
    help: 'Price of a million input tokens that the provider reads from its cache, in US dollars.',
  }),
};
