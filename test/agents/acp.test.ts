import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { type AcpSettings, createAcpAgent } from '../../src/agents/acp/acp.ts';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import { failureClass } from '../../src/contract/failures.ts';
import { agentContext } from '../support/agent-context.ts';
import { acpSettings, isAlive, readPids } from '../support/command-setup.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CANARY = 'canary-of-the-program';

function agentOf(
  t: TestContext,
  { mode = '', ...changes }: Partial<AcpSettings> & { readonly mode?: string } = {},
): { readonly agent: Agent; readonly folder: string } {
  const folder = temporaryFolder(t);
  return { agent: createAcpAgent({ ...acpSettings(folder, mode), ...changes }), folder };
}

async function failureOf(agent: Agent, text: string): Promise<AgentError> {
  const error = await agent.run(text, agentContext()).catch((reason: unknown) => reason);
  assert.ok(error instanceof AgentError, `"${text}" must fail with an AgentError, not ${String(error)}`);
  assert.equal(
    JSON.stringify([error.message, error.stack, Object.entries(error), error.cause]).includes(CANARY),
    false,
  );
  return error;
}

describe('an agent of the Agent Client Protocol', () => {
  test('answers with its streamed text, its usage and its session', async (t) => {
    let streamed = '';
    const { agent } = agentOf(t);
    const answer = await agent.run('hello', agentContext({ reportText: (delta) => void (streamed += delta) }));
    assert.equal(answer.output, 'echo: hello (turn 1)');
    assert.equal(streamed, answer.output);
    assert.match(answer.agentSession ?? '', /^session-/);
    assert.deepEqual(answer.usage, { inputTokens: 30, outputTokens: 7, costUsd: 0.25 });
  });

  test('goes on with the session of its key, without the answers that loading it repeats, and tells the cost of the turn', async (t) => {
    const { agent } = agentOf(t);
    const first = await agent.run('hello', agentContext());
    const second = await agent.run('again', agentContext());
    assert.equal(second.output, 'echo: again (turn 2)');
    assert.equal(second.agentSession, first.agentSession);
    assert.equal(second.usage?.costUsd, 0.25);
    const other = await agent.run('hello', agentContext({ sessionKey: 'client:other' }));
    assert.notEqual(other.agentSession, first.agentSession);
  });

  test('begins a new session where the old one is gone, or where the agent can load none', async (t) => {
    const { agent, folder } = agentOf(t);
    await agent.run('hello', agentContext());
    for (const name of readdirSync(folder)) if (name.endsWith('.session')) rmSync(join(folder, name));
    assert.equal((await agent.run('again', agentContext())).output, 'echo: again (turn 1)');
    const forgetful = agentOf(t, { mode: 'forgetful' }).agent;
    await forgetful.run('hello', agentContext());
    assert.equal((await forgetful.run('again', agentContext())).output, 'echo: again (turn 1)');
  });

  test('is refused every permission, or given it for once', async (t) => {
    const told: string[] = [];
    const context = agentContext({ report: (text) => void told.push(text) });
    assert.equal((await agentOf(t).agent.run('tool', context)).output, 'reject_once');
    assert.ok(told.includes('asked for a permission (denied)'));
    assert.ok(told.includes('uses a tool (execute)'));
    assert.equal((await agentOf(t, { permissions: 'allow' }).agent.run('tool', context)).output, 'allow_once');
    assert.equal(told.join().includes(CANARY), false);
  });

  test('that is canceled gets a moment to say so; one that is deaf is killed', async (t) => {
    const { agent, folder } = agentOf(t);
    for (const text of ['hang', `deaf ${join(folder, 'pid')}`]) {
      const controller = new AbortController();
      let working: () => void = () => undefined;
      const started = new Promise<void>((resolve) => (working = resolve));
      const run = agent.run(text, agentContext({ signal: controller.signal, report: () => working() }));
      await started;
      const pids = text === 'hang' ? [] : await readPids(join(folder, 'pid'));
      const reason = new Error('canceled');
      const abortedAt = performance.now();
      controller.abort(reason);
      await assert.rejects(run, (error) => error === reason);
      assert.ok(performance.now() - abortedAt < (text === 'hang' ? 1000 : 3000));
      assert.equal(pids.some(isAlive), false);
    }
  });

  test('may write what is not of the protocol, of which nothing is printed', async (t) => {
    const printed = t.mock.method(console, 'error', () => undefined);
    const { agent } = agentOf(t, { mode: 'chatty' });
    assert.equal((await agent.run('hello', agentContext())).output, 'echo: hello (turn 1)');
    assert.equal(JSON.stringify(printed.mock.calls.map((call) => call.arguments)).includes(CANARY), false);
  });

  const failures: readonly (readonly [string, string, string, string, RegExp])[] = [
    ['', 'error -32603', 'AgentFailed', 'passing', /^failed \(-32603\)$/],
    ['', 'error -32000', 'ModelKeyRefused', 'agent', /^asks for a login \(-32000\)$/],
    ['', 'stop refusal', 'TaskRefused', 'task', /^refused the task$/],
    ['', 'stop max_tokens', 'TokenBudgetExceeded', 'task', /limit of tokens/],
    ['', 'stop max_turn_requests', 'AgentFailed', 'passing', /limit of calls/],
    ['', 'stop end_turn', 'ModelAnswerUnreadable', 'passing', /^ended its turn without an answer$/],
    ['', 'endless', 'AnswerTooLarge', 'task', /^answered with more than 1000000 bytes$/],
    ['', 'line 50000000', 'AnswerTooLarge', 'task', /^answered with more than 1000000 bytes$/],
    ['', 'hang', 'AgentTimeout', 'passing', /^wrote nothing for 1 s$/],
    ['locked', 'hello', 'ModelKeyRefused', 'agent', /^asks for a login/],
    ['old', 'hello', 'AgentMisconfigured', 'agent', /^does not speak version 1/],
  ];
  for (const [mode, text, type, cls, message] of failures) {
    test(`fails: ${mode} ${text}`, async (t) => {
      const { agent } = agentOf(t, { mode, ...(text === 'hang' && { silenceTimeout: 1000 }) });
      const error = await failureOf(agent, text);
      assert.equal(error.type, type);
      assert.equal(failureClass(error.type), cls);
      assert.match(error.message, message);
    });
  }

  test('is misconfigured where the program is missing, or speaks no protocol', async (t) => {
    const { agent, folder } = agentOf(t, { program: 'no-such-program-here' });
    assert.equal((await failureOf(agent, 'hello')).type, 'AgentMisconfigured');
    const mute = agentOf(t, {
      program: '/bin/sh',
      args: ['-c', `echo ${CANARY}; cat >/dev/null`],
      silenceTimeout: 1000,
    });
    assert.equal((await failureOf(mute.agent, 'hello')).type, 'AgentTimeout');
    assert.equal(existsSync(folder), true);
  });
});
