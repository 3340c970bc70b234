import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { showReady } from '../../src/cli/dev/show-ready.ts';
import { describeConfig } from '../../src/config/describe-config.ts';
import { load, type LoadInput, refusal } from './load.ts';

const KEY = 'sk-canary-of-the-key';

/** The one agent, as far as a model has it. */
function agentOf(input: LoadInput): Readonly<Record<string, unknown>> {
  const { agents } = load({ mode: 'dev', ...input }).config;
  assert.equal(agents.length, 1);
  const { type, provider, model, apiKey, url } = (agents[0] ?? {}) as unknown as Record<string, unknown>;
  return { type, provider, model, apiKey, url };
}

const OPENAI = { type: 'model', provider: 'openai', model: 'gpt-5-mini', apiKey: KEY, url: undefined };

describe('a key of a provider in the environment', () => {
  test('gives dev a real agent where nothing else defines one', () => {
    assert.deepEqual(agentOf({ env: { OPENAI_API_KEY: KEY } }), OPENAI);
    const anthropic = agentOf({ env: { ANTHROPIC_API_KEY: KEY } });
    assert.deepEqual(anthropic, { ...OPENAI, provider: 'anthropic', model: 'claude-haiku-4-5' });
  });

  test('takes another model by its variable', () => {
    assert.deepEqual(agentOf({ env: { OPENAI_API_KEY: KEY, LLM_MODEL: 'o9' } }), { ...OPENAI, model: 'o9' });
  });

  test('goes to no address that another variable gives, and to no other provider', () => {
    const ollama = agentOf({
      env: { OPENAI_API_KEY: KEY, LLM_MODEL: 'llama3.2', LLM_URL: 'http://127.0.0.1:11434/v1' },
    });
    assert.deepEqual([ollama['provider'], ollama['apiKey']], ['openai-compatible', undefined]);
    const google = agentOf({ env: { OPENAI_API_KEY: KEY, LLM_MODEL: 'g', LLM_PROVIDER: 'google' } });
    assert.equal(google['apiKey'], undefined);
  });

  test('gives none beside Garudust, a file with agents, or in production', () => {
    const env = { OPENAI_API_KEY: KEY };
    assert.equal(agentOf({ env: { ...env, GARUDUST_URL: 'http://127.0.0.1:3000' } })['type'], 'garudust');
    assert.equal(agentOf({ env, yaml: 'agents: { bird: { type: demo } }' })['type'], 'demo');
    const production = { ...env, GARUDUST_WEBHOOK_SECRET: 'a-secret-of-the-tests' };
    assert.equal(agentOf({ mode: 'production', env: production })['type'], 'garudust');
  });

  test('is named beside the agent in the table of dev, and shown nowhere', () => {
    const loaded = load({ mode: 'dev', env: { OPENAI_API_KEY: KEY } });
    const stdout = new PassThrough();
    const stack = { loaded, config: loaded.config, ingressUrl: 'http://127.0.0.1:8080', temporalUi: undefined };
    showReady({ ...stack, keepsSecrets: true }, { stdout, env: {}, callName: 'garudust-temporal' });
    const table = String(stdout.read());
    assert.match(table, /agent +model: gpt-5-mini at api\.openai\.com, which OPENAI_API_KEY pays for\n/);
    assert.equal((table + JSON.stringify(describeConfig(loaded))).includes(KEY), false);
  });
});

describe('settings of a model', () => {
  const yaml = (more: string): string =>
    `clients: [{ id: ci, webhook_secret: a-secret-of-the-tests }]\nagents: { writer: { type: model, model: m, ${more} } }`;

  test('are read from three lines', () => {
    const [agent] = load({ yaml: yaml('url: "http://127.0.0.1:11434/v1"') }).config.agents;
    assert.equal(agent?.type, 'model');
  });

  const WRONG: readonly (readonly [string, RegExp])[] = [
    ['user: "{{ sesion_key }}"', /agents\.writer\.user.*"sesion_key"/],
    [`headers: { x-key: "{{ ${KEY} }}" }`, /agents\.writer\.headers/],
    ['temperature: hot', /agents\.writer\.temperature .*"hot" is not a number/],
    ['mcp_servers: { files: { command: npx } }', /agents\.writer\.mcp_servers.*the server files.*list of texts/],
    [`mcp_servers: { files: { url: "http://me:${KEY}@host/mcp" } }`, /credentials/],
    ['mcp_servers: { files: {} }', /has no command or url/],
    [`url: "http://me:${KEY}@host/v1"`, /credentials/],
  ];
  for (const [line, message] of WRONG) {
    test(`are refused: ${line.replace(KEY, '…')}`, () => {
      const said = refusal({ yaml: yaml(line) }).join('\n');
      assert.match(said, message);
      assert.equal(said.includes(KEY), false);
    });
  }

  test('warn of a provider without a key', () => {
    assert.match(load({ yaml: yaml('provider: openai') }).warnings.join('\n'), /"writer" has no api_key/);
  });
});
