import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

// In a process of its own: another test of this one may have loaded it.
const SCRIPT = `
  import { createAgent } from './src/agents/agent-types.ts';
  import { agentContext } from './test/support/agent-context.ts';
  // Set by the one file that imports the AI SDK.
  const isLoaded = () => 'AI_SDK_LOG_WARNINGS' in globalThis;
  const url = 'http://127.0.0.1:1/v1';
  const agent = createAgent({ type: 'model', provider: 'openai-compatible', url, model: 'm', maxSteps: 1 });
  const before = isLoaded();
  const { type } = await agent.run('hi', agentContext()).catch((error) => error);
  console.log(JSON.stringify([before, type, isLoaded()]));
`;

test('the AI SDK is loaded by the first task of a model, and not before', () => {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', SCRIPT];
  const said = execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  assert.deepEqual(JSON.parse(said), [false, 'AgentUnreachable', true]);
});
