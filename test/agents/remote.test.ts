import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { Agent } from '../../src/agents/agent.ts';
import { createRemoteAgent } from '../../src/agents/remote/remote.ts';
import { REMOTE_PRESETS } from '../../src/agents/remote/remote-presets.ts';
import { PRESET_NAMES } from '../../src/agents/remote/remote-settings.ts';
import type { JsonValue } from '../../src/contract/json-value.ts';
import { agentContext } from '../support/agent-context.ts';
import { type ScriptedRemote, startScriptedRemote } from '../support/scripted-remote.ts';
import { waitFor } from '../support/wait-for.ts';

type Preset = (typeof PRESET_NAMES)[number];

async function setUp(t: TestContext, preset: Preset = 'hermes'): Promise<{ remote: ScriptedRemote; agent: Agent }> {
  const remote = await startScriptedRemote(preset);
  t.after(() => remote.close());
  const agent = createRemoteAgent({ preset, url: remote.url, remoteAgent: 'writer', pollInterval: 5 });
  return { remote, agent };
}

class HandOver extends Error {
  readonly isHandOver = true;
}

/** Runs a task until it was polled, then aborts it. Returns what it kept. */
async function interrupt(remote: ScriptedRemote, agent: Agent, reason: Error): Promise<JsonValue | undefined> {
  const controller = new AbortController();
  let kept: JsonValue | undefined;
  const checkpoint = (handle: JsonValue): Promise<void> => Promise.resolve(void (kept = handle));
  const { signal } = controller;
  const ended = assert.rejects(agent.run('task', agentContext({ signal, checkpoint })), (error) => error === reason);
  await waitFor('a poll', () => (remote.tasks[0]?.polls ?? 0) > 0);
  controller.abort(reason);
  await ended;
  return kept;
}

describe('the remote adapter', () => {
  test('has every preset in its table', () => {
    assert.deepEqual(Object.keys(REMOTE_PRESETS), [...PRESET_NAMES]);
  });

  for (const preset of PRESET_NAMES) {
    test(`${preset}: starts, polls, and answers; follows the work after a crash; cancels it`, async (t) => {
      const { remote, agent } = await setUp(t, preset);
      const text = 'say "hi" {{ handle.id }}';
      const answer = await agent.run(text, agentContext());
      assert.equal(answer.output, `echo: ${text}`);
      if (preset === 'hermes' || preset === 'openai-responses') {
        assert.deepEqual(answer.usage, { inputTokens: 3, outputTokens: 4 });
      }
      assert.equal(remote.tasks[0]?.polls, 2);

      remote.behave = () => ({ status: 'running' });
      const second = await setUp(t, preset);
      second.remote.behave = () => ({ status: 'running' });
      const kept = await interrupt(second.remote, second.agent, new HandOver());
      assert.equal(second.remote.tasks[0]?.canceled, false);
      second.remote.behave = () => ({ status: 'completed', output: 'done' });
      const resumed = await second.agent.run(
        'task',
        agentContext({ call: 1, ...(kept !== undefined && { resumed: kept }) }),
      );
      assert.equal(resumed.output, 'done');
      assert.equal(second.remote.tasks.length, 1, 'nothing is started twice');

      const third = await setUp(t, preset);
      third.remote.behave = () => ({ status: 'running' });
      await interrupt(third.remote, third.agent, new Error('canceled'));
      assert.equal(third.remote.tasks[0]?.canceled, true);
    });
  }

  test('keeps the key before it starts, and the handle before it polls', async (t) => {
    const { remote, agent } = await setUp(t);
    const kept: (readonly [JsonValue, number, number])[] = [];
    const checkpoint = (handle: JsonValue): Promise<void> => {
      kept.push([handle, remote.tasks.length, remote.tasks[0]?.polls ?? 0]);
      return Promise.resolve();
    };
    await agent.run('task', agentContext({ checkpoint, call: 2 }));
    const callKey = 'run-test-2';
    assert.deepEqual(kept, [
      [{ callKey }, 0, 0],
      [{ callKey, handle: { id: 'task 1' } }, 1, 0],
    ]);
  });

  test('starts again under the same key where the answer to the start was lost, if the agent knows the key', async (t) => {
    const { remote, agent } = await setUp(t);
    await agent.run('task', agentContext());
    const answer = await agent.run('task', agentContext({ resumed: { callKey: 'run-test-1' } }));
    assert.equal(answer.output, 'echo: task');
    assert.equal(remote.tasks.length, 1);
  });

  test('counts a start whose answer was lost, if the agent knows no key', async (t) => {
    const { remote, agent } = await setUp(t, 'langgraph');
    const resumed = { callKey: 'run-test-1' };
    await assert.rejects(agent.run('task', agentContext({ resumed })), {
      type: 'ConnectionLost',
      fix: /^Look on the remote/,
    });
    assert.equal(remote.tasks.length, 0);
  });

  test('goes on asking where polls fail, whatever they fail with', async (t) => {
    const { remote, agent } = await setUp(t);
    const faults: readonly (readonly [number, string])[] = [
      [500, '{}'],
      [401, '{}'],
      [502, '<html>'],
      [429, ''],
      [200, '<html>'],
      [200, '{}'],
    ];
    remote.meddle = (response, polls) => {
      const fault = faults[polls - 1];
      if (polls === faults.length + 1) response.destroy();
      else if (fault !== undefined) response.writeHead(fault[0]).end(fault[1]);
      return polls <= faults.length + 1;
    };
    const answer = await agent.run('task', agentContext());
    assert.equal(answer.output, 'echo: task');
    assert.equal(remote.tasks.length, 1);
  });

  test('ends where the agent does not know the task any more', async (t) => {
    const { remote, agent } = await setUp(t);
    remote.meddle = (response) => Boolean(response.writeHead(404).end('gone'));
    await assert.rejects(agent.run('task', agentContext()), {
      type: 'ConnectionLost',
      message: 'does not know the task any more (404)',
    });
  });

  for (const preset of ['a2a', 'a2a-0.3'] as const) {
    test(`${preset}: ends where the task is not found, which is answered with 200`, async (t) => {
      const { remote, agent } = await setUp(t, preset);
      const body = JSON.stringify({ jsonrpc: '2.0', id: '1', error: { code: -32001, message: 'Task not found' } });
      remote.meddle = (response) => Boolean(response.writeHead(200).end(body));
      await assert.rejects(agent.run('task', agentContext()), { type: 'ConnectionLost' });
    });
  }

  test('langgraph: a graph that stopped for a person is no answer, and a stopped run is canceled', async (t) => {
    const { remote, agent } = await setUp(t, 'langgraph');
    remote.behave = () => ({ status: 'waiting', output: 'May I?' });
    await assert.rejects(agent.run('task', agentContext()), { type: 'TaskRefused', message: 'waits for an input' });
    remote.behave = () => ({ status: 'interrupted' });
    await assert.rejects(agent.run('task', agentContext()), { type: 'AgentFailed', message: /canceled on its side/ });
  });

  for (const [status, type] of [
    ['failed', 'AgentFailed'],
    ['cancelled', 'AgentFailed'],
    ['interrupted', 'AgentFailed'],
    ['waiting_for_approval', 'TaskRefused'],
  ] as const) {
    test(`the status ${status} is ${type}, in our own words`, async (t) => {
      const { remote, agent } = await setUp(t);
      remote.behave = () => ({ status, error: 'canary' });
      const error = await agent.run('task', agentContext()).catch((reason: unknown) => reason as Error);
      assert.ok(error instanceof Error);
      assert.equal((error as Error & { type?: string }).type, type);
      assert.equal(JSON.stringify([error.stack, Object.entries(error)]).includes('canary'), false);
      assert.equal(remote.tasks[0]?.canceled, status === 'waiting_for_approval');
    });
  }

  test('takes an agent of one’s own as data, and a handle that would lead elsewhere for no handle', async (t) => {
    const { remote } = await setUp(t);
    const own = {
      url: `${remote.url}/v1`,
      start: { method: 'POST', path: '/runs', headers: {}, body: { input: '{{ text }}' } },
      handle: { id: '$.run_id' },
      poll: { method: 'GET', path: '/runs/{{ handle.id }}', headers: {} },
      status: '$.status',
      statuses: { completed: 'completed' },
      output: ['$.output'],
      pollInterval: 5,
    } as const;
    assert.equal((await createRemoteAgent(own).run('task', agentContext())).output, 'echo: task');
    const resumed = { callKey: 'k', handle: { id: '../admin' } };
    await assert.rejects(createRemoteAgent(own).run('task', agentContext({ resumed })), { name: 'AgentError' });
    assert.equal(
      remote.seen.some((line) => line.includes('admin')),
      false,
    );
    assert.throws(() => createRemoteAgent({ url: remote.url, pollInterval: 5 }), /needs start, handle, .*: add start/);
  });
});
