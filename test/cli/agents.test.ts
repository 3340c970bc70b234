import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AGENT_TYPES } from '../../src/agents/agent-types.ts';
import { load } from '../config/load.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MODULE = fileURLToPath(new URL('../support/modules/scripted.mjs', import.meta.url));
const SETTINGS = `
agents:
  mine: { type: module, path: ${MODULE} }
  other: { type: garudust, url: 'http://127.0.0.1:1', api_key: sk-canary, concurrency: 2 }
default_agent: mine
clients: [{ id: ci, webhook_secret: a-secret-of-the-tests }]
`;

function agents(t: TestContext, ...args: string[]): Promise<CliResult> {
  const cwd = temporaryFolder(t);
  writeFileSync(join(cwd, 'garudust-temporal.yaml'), SETTINGS);
  return runCli(['agents', ...args], { cwd });
}

describe('agents list', () => {
  test('names each agent with its type and limit, and no secret', async (t) => {
    const { code, stdout } = await agents(t, 'list');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^mine {3}module .*scripted\.mjs, 64 at once\nother {2}garudust at http:\/\/127\.0\.0\.1:1, 2 at once\n$/,
    );
    assert.deepEqual(
      (JSON.parse((await agents(t, 'list', '--json')).stdout) as { name: string }[]).map(({ name }) => name),
      ['mine', 'other'],
    );
  });
});

describe('agents test', () => {
  test('prints the answer, and what it took', async (t) => {
    const { code, stdout, stderr } = await agents(t, 'test', 'mine', 'easy');
    assert.equal(code, 0);
    assert.match(stdout, /^easy for default:test-[0-9a-f]{8}\n$/);
    assert.match(stderr, /^reading the task\nanswered in \d+\.\d s, 3 tokens out\n$/);
    const json = JSON.parse((await agents(t, 'test', 'mine', 'easy', '--json')).stdout) as Record<string, unknown>;
    assert.deepEqual([json['data'], json['usage']], [{ ok: true }, { output_tokens: 3 }]);
  });

  test('says what is wrong and how to fix it, with exit code 1', async (t) => {
    const { code, stderr } = await agents(t, 'test', 'other', 'hello');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /Agent "other" did not accept a connection \(ECONNREFUSED\): AgentUnreachable\. Start Garudust/,
    );
    assert.equal(stderr.includes('sk-canary'), false);
  });

  test('asks for an agent that is there', async (t) => {
    const { code, stderr } = await agents(t, 'test', 'mien', 'hello');
    assert.equal(code, 2);
    assert.match(stderr, /There is no agent "mien": the settings define mine, other\. Did you mean "mine"\?/);
  });
});

describe('agents add', () => {
  for (const type of Object.keys(AGENT_TYPES)) {
    test(`prints a block for ${type} that the settings accept`, async (t) => {
      const { code, stdout } = await agents(t, 'add', type, 'fresh');
      assert.equal(code, 0);
      const yaml = `${stdout}clients: [{ id: ci, webhook_secret: a-secret-of-the-tests }]\n`;
      // A block may name variables that hold its secrets.
      const env = Object.fromEntries([...stdout.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, 'a-long-key']));
      const { config } = load({ yaml, env });
      assert.deepEqual(
        config.agents.map((agent) => [agent.name, agent.type]),
        [['fresh', type]],
      );
    });
  }

  test('knows the types', async (t) => {
    const { code, stderr } = await agents(t, 'add', 'parrot');
    assert.equal(code, 2);
    assert.match(stderr, /"parrot" is not an agent type: use one of garudust, /);
  });
});
