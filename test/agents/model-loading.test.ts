import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAgent } from '../../src/agents/agent-types.ts';
import { agentContext } from '../support/agent-context.ts';

/** Set by the one file that imports the AI SDK. */
const isLoaded = (): boolean => 'AI_SDK_LOG_WARNINGS' in globalThis;

test('the AI SDK is loaded by the first task of a model, and not before', async () => {
  const url = 'http://127.0.0.1:1/v1';
  const agent = createAgent({ type: 'model', provider: 'openai-compatible', url, model: 'm', maxSteps: 1 });
  assert.equal(isLoaded(), false);
  await assert.rejects(agent.run('hi', agentContext()), { type: 'AgentUnreachable' });
  assert.equal(isLoaded(), true);
});
