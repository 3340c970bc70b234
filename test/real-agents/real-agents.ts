/** Run by `npm run test:agents`, with the folder of the agents in `REAL_AGENTS`. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createAcpAgent } from '../../src/agents/acp/acp.ts';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import { createCommandAgent } from '../../src/agents/command/command.ts';
import type { PresetName } from '../../src/agents/command/presets/presets.ts';
import { agentContext } from '../support/agent-context.ts';
import { waitFor } from '../support/wait-for.ts';
import { GOOD_KEY, startStubModel, STUB_CANARY, type StubModel } from './stub-model.ts';

const bin = join(process.env['REAL_AGENTS'] ?? '', '.bin');

let home = '';
let model: StubModel;
before(async () => {
  home = mkdtempSync(join(tmpdir(), 'garudust-temporal-'));
  model = await startStubModel();
  writeConfigurations();
});
after(async () => {
  await model.close();
  rmSync(home, { recursive: true, force: true });
});

/** What each agent needs to reach the stub model. */
function writeConfigurations(): void {
  mkdirSync(join(home, '.codex'), { recursive: true });
  const codex = [
    'model = "stub"',
    'model_provider = "stub"',
    '[model_providers.stub]',
    'name = "stub"',
    `base_url = "${model.url}/v1"`,
    'env_key = "OPENAI_API_KEY"',
    'wire_api = "responses"',
    'request_max_retries = 0',
    'stream_max_retries = 0',
  ];
  writeFileSync(join(home, '.codex/config.toml'), codex.join('\n'));
  mkdirSync(join(home, '.config/opencode'), { recursive: true });
  const provider = {
    npm: '@ai-sdk/openai-compatible',
    name: 'stub',
    options: { baseURL: `${model.url}/v1`, apiKey: '{env:OPENAI_API_KEY}' },
    models: { 'stub-1': { name: 'stub-1', cost: { input: 1, output: 2 } } },
  };
  const opencode = {
    autoupdate: false,
    model: 'stub/stub-1',
    small_model: 'stub/stub-1',
    provider: { stub: provider },
  };
  writeFileSync(join(home, '.config/opencode/opencode.json'), JSON.stringify(opencode));
}

function environment(key: string): Record<string, string> {
  return {
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: key,
    OPENAI_API_KEY: key,
    OPENCODE_DISABLE_MODELS_FETCH: '1',
  };
}

const common = { passEnv: [], keepWork: 3_600_000 };

function command(preset: PresetName, key = GOOD_KEY): Agent {
  return createCommandAgent({
    ...common,
    preset,
    program: join(bin, preset),
    args: [],
    input: 'stdin',
    env: environment(key),
    workDir: join(home, 'work'),
  });
}

function acp(key = GOOD_KEY): Agent {
  const env = environment(key);
  const workDir = join(home, 'acp');
  return createAcpAgent({
    ...common,
    program: join(bin, 'opencode'),
    args: ['acp'],
    permissions: 'deny',
    env,
    workDir,
  });
}

async function failureOf(agent: Agent, text: string): Promise<AgentError> {
  const error = await agent
    .run(text, agentContext({ sessionKey: `client:${text}` }))
    .catch((reason: unknown) => reason);
  assert.ok(error instanceof AgentError, `not ${String(error)}`);
  assert.equal(JSON.stringify([error.message, error.stack, Object.entries(error)]).includes(STUB_CANARY), false);
  return error;
}

async function testAnswers(agent: Agent, hasCost: boolean): Promise<void> {
  const first = await agent.run('say ping', agentContext());
  assert.equal(first.output, 'pong 1');
  assert.ok((first.usage?.inputTokens ?? 0) > 0 && (first.usage?.outputTokens ?? 0) > 0);
  assert.equal((first.usage?.costUsd ?? 0) > 0, hasCost);
  const second = await agent.run('say it again', agentContext());
  assert.equal(second.output, 'pong 2');
  assert.equal(second.agentSession, first.agentSession);
  // The same stub, the same tokens: neither is the sum of the session.
  assert.equal(second.usage?.outputTokens, first.usage?.outputTokens);
  assert.equal(second.usage?.costUsd?.toFixed(6), first.usage?.costUsd?.toFixed(6));
}

/** Whether a call that hangs is ended, with the request to the model. */
async function testCancel(agent: Agent): Promise<void> {
  const controller = new AbortController();
  const run = agent.run('hang', agentContext({ sessionKey: 'client:hang', signal: controller.signal }));
  run.catch(() => undefined);
  await waitFor('a request that hangs', () => model.held() > 0, 60_000);
  const reason = new Error('canceled');
  const abortedAt = performance.now();
  controller.abort(reason);
  await assert.rejects(run, (error) => error === reason);
  assert.ok(performance.now() - abortedAt < 3000);
  await waitFor('the end of the request', () => model.held() === 0);
}

describe('claude', () => {
  test('answers, resumes, and tells the cost of each call', () => testAnswers(command('claude'), true));
  test('ends by itself at what the run may cost', async () => {
    const budget = { costUsd: { limit: 1, used: 0.999_999 } };
    const error = await command('claude')
      .run('say ping', agentContext({ sessionKey: 'client:spent', budget }))
      .catch((reason: unknown) => reason);
    assert.ok(error instanceof AgentError);
    assert.equal(error.type, 'BudgetExceeded');
    assert.ok((error.usage?.costUsd ?? 0) > 0.000_001);
  });
  test('is canceled', () => testCancel(command('claude')));
  test('fails by the table, a wrong key within 5 s', async () => {
    const startedAt = performance.now();
    assert.equal((await failureOf(command('claude', 'sk-ant-wrong'), 'wrong')).type, 'ModelKeyRefused');
    assert.ok(performance.now() - startedAt < 5000);
    assert.equal((await failureOf(command('claude'), 'limit')).type, 'ModelRateLimited');
    assert.equal((await failureOf(command('claude'), 'break')).type, 'ModelUnavailable');
  });
});

describe('codex', () => {
  test('answers, resumes, and tells the tokens of each call', () => testAnswers(command('codex'), false));
  test('is canceled', () => testCancel(command('codex')));
  test('fails by the table, a wrong key within 5 s', async () => {
    const startedAt = performance.now();
    assert.equal((await failureOf(command('codex', 'sk-wrong'), 'wrong')).type, 'ModelKeyRefused');
    assert.ok(performance.now() - startedAt < 5000);
    assert.equal((await failureOf(command('codex'), 'limit')).type, 'ModelRateLimited');
    assert.equal((await failureOf(command('codex'), 'break')).type, 'ModelUnavailable');
  });
});

describe('opencode', () => {
  test('answers, resumes, and tells the cost of each call', () => testAnswers(command('opencode'), true));
  test('is canceled', () => testCancel(command('opencode')));
  test('fails by the table', async () => {
    assert.equal((await failureOf(command('opencode', 'sk-wrong'), 'wrong')).type, 'ModelKeyRefused');
    assert.equal((await failureOf(command('opencode'), 'limit')).type, 'ModelUnavailable');
  });
});

describe('opencode over the Agent Client Protocol', () => {
  test('answers, loads its session, and tells the tokens of each call', () => testAnswers(acp(), false));
  test('is canceled', () => testCancel(acp()));
  test('fails by the table', async () => {
    await failureOf(acp('sk-wrong'), 'wrong');
  });
});
