/** The last turns of a session, through ingress, workflow, worker and adapter, with what Temporal stores in plain and encrypted form. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { chat, lastTask, startScriptedModel } from '../support/scripted-model.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const LARGE = 'y'.repeat(40_000);

for (const [name, hasKeys, hasStorage] of [
  ['in plain form', false, false],
  ['encrypted, with large payloads in a store', true, true],
] as const) {
  test(`a model is told the turns before, and an agent by http its session, ${name}`, async (t) => {
    const model = await startScriptedModel((seen) =>
      seen.path === '/v1/ask'
        ? (response) => void response.end(JSON.stringify({ output: 'taken' }))
        : chat(`answer to ${lastTask(seen).slice(0, 5)} ${LARGE}`),
    );
    t.after(() => model.close());
    const change = (config: Config): Config => {
      const [first] = config.agents;
      assert.ok(first);
      const own = { ...first, historyBytes: 200_000 };
      const agents = [
        {
          ...own,
          name: 'writer',
          type: 'model',
          provider: 'openai-compatible',
          url: model.url,
          model: 'm',
          maxSteps: 1,
        },
        { ...own, name: 'desk', type: 'http', url: `${model.url}/ask`, output: ['$.output'] },
      ];
      return {
        ...config,
        agents,
        defaultAgent: 'writer',
        ...(hasStorage && {
          payloads: { ...config.payloads, storage: temporaryFolder(t), storeAbove: 1024 },
        }),
      };
    };
    const env = hasKeys ? { PAYLOAD_KEYS: `k1:${randomBytes(32).toString('base64')}` } : {};
    const { start, get } = await startTestStack(t, { change, env });
    // All tests share a namespace.
    const session = randomUUID();
    const ask = async (text: string, agent: string): Promise<void> => {
      const { id } = await start({ text, agent, session_key: session });
      assert.equal((await get(id, 30)).status, 'completed');
    };
    await ask('first task', 'writer');
    await ask('second task', 'writer');
    const told = model.seen.at(-1)?.body.messages?.map(({ role, content }) => `${role}: ${String(content)}`);
    assert.deepEqual(told, ['user: first task', `assistant: answer to first ${LARGE}`, 'user: second task']);
    await ask('third task', 'desk');
    assert.deepEqual(model.seen.at(-1)?.body, { text: 'third task', session_key: `default:${session}` });
  });
}
