import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createAgent } from '../../src/agents/agent-types.ts';
import { load } from './load.ts';

const CLIENT = 'clients: [{ id: ci, webhook_secret: a-secret-of-the-tests }]\n';
const env = { ANTHROPIC_API_KEY: 'k', OPENAI_API_KEY: 'k', API_SERVER_KEY: 'k', SEARCH_KEY: 'k' };

for (const type of ['model', 'http', 'remote']) {
  test(`every block on the page of ${type} is read as it stands`, () => {
    const page = readFileSync(new URL(`../../docs/agents/${type}.md`, import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, block = '']) => block);
    assert.ok(blocks.length > 0);
    for (const block of blocks) {
      const part = `agents:\n  part:\n    type: model\n    model: m\n${block.replace(/^/gm, '    ')}`;
      const { agents } = load({ yaml: CLIENT + (block.startsWith('agents:') ? block : part), env }).config;
      for (const agent of agents) createAgent(agent);
    }
  });
}
