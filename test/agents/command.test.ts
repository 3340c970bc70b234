import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import { type CommandSettings, createCommandAgent } from '../../src/agents/command/command.ts';
import { agentContext } from '../support/agent-context.ts';
import { commandSettings, isAlive, readPids } from '../support/command-setup.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const CANARY = 'canary-of-the-program';

function agentOf(
  t: TestContext,
  changes: Partial<CommandSettings> = {},
): { readonly agent: Agent; readonly folder: string } {
  const folder = temporaryFolder(t);
  return { agent: createCommandAgent(commandSettings({ workDir: join(folder, 'work'), ...changes })), folder };
}

async function failureOf(agent: Agent, text: string, context = agentContext()): Promise<AgentError> {
  const error = await agent.run(text, context).catch((reason: unknown) => reason);
  assert.ok(error instanceof AgentError, `"${text.slice(0, 40)}" must fail with an AgentError, not ${String(error)}`);
  const all = JSON.stringify([error.message, error.stack, Object.entries(error), error.cause]);
  assert.equal(all.includes(CANARY), false, `"${text.slice(0, 40)}" told the program's words`);
  return error;
}

describe('what a program does wrong', () => {
  test('a program that is missing, not executable or in no folder is the fault of the agent, and starts nothing', async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'program');
    writeFileSync(file, '#!/bin/sh\necho hello\n');
    chmodSync(file, 0o644);
    const cases = [
      [{ program: undefined }, /^has neither a program nor a preset$/],
      [{ program: 'no-such-program-here' }, /^is a program that is missing on this worker$/],
      [{ program: join(folder, 'gone') }, /^is a program that is missing on this worker$/],
      [{ program: file }, /^is a program that is not executable on this worker$/],
      [{ program: folder }, /^is a program that is missing on this worker$/],
      [{ cwd: join(folder, 'gone') }, /^has no working directory on this worker$/],
      [{ workDir: join(file, 'work') }, /^has no working directory on this worker$/],
    ] as const;
    for (const [changes, message] of cases) {
      const error = await failureOf(agentOf(t, changes).agent, 'say hello');
      assert.equal(error.type, 'AgentMisconfigured');
      assert.match(error.message, message);
      assert.equal(error.message.includes(folder), false);
    }
  });
});

describe('the end of a program', () => {
  test('comes by SIGKILL where it ignores SIGTERM, within 2 s', async (t) => {
    const { agent, folder } = agentOf(t);
    const file = join(folder, 'pid');
    const controller = new AbortController();
    const run = agent.run(`stubborn ${file}`, agentContext({ signal: controller.signal }));
    const [pid = 0] = await readPids(file);
    const reason = new Error('canceled');
    const abortedAt = performance.now();
    controller.abort(reason);
    await assert.rejects(run, (error) => error === reason);
    assert.ok(performance.now() - abortedAt < 2000);
    assert.equal(isAlive(pid), false);
  });

  test('is that of all it started: a grandchild that holds the output open delays no answer', async (t) => {
    const { agent, folder } = agentOf(t);
    const file = join(folder, 'pid');
    const startedAt = performance.now();
    const { output } = await agent.run(`fork ${file}`, agentContext());
    assert.equal(output, 'forked');
    assert.ok(performance.now() - startedAt < 5000);
    const pids = await readPids(file);
    await waitFor('the end of the grandchild', () => !pids.some(isAlive));
  });

  test('takes its group along when aborted', async (t) => {
    const { agent, folder } = agentOf(t);
    const file = join(folder, 'pids');
    const controller = new AbortController();
    const run = agent.run(`fork-and-hang ${file}`, agentContext({ signal: controller.signal }));
    const pids = await readPids(file);
    assert.equal(pids.length, 2);
    controller.abort(new Error('canceled'));
    await assert.rejects(run);
    await waitFor('the end of the group', () => !pids.some(isAlive));
  });
});

describe('what a program gets', () => {
  test('is the task on standard input, whole', async (t) => {
    const { agent } = agentOf(t);
    const text = `say ${'ü'.repeat(300_000)}\u0000 -- $(id) "quoted"`;
    assert.equal((await agent.run(text, agentContext())).output, text.slice(4));
  });

  test('is the task as its last argument, which no shell and no option parser reads', async (t) => {
    const { agent } = agentOf(t, { input: 'argument', args: [...commandSettings().args, '--model', 'small', '--'] });
    for (const text of ['arguments $(id) `id` * "x" \' \n;', '--version']) {
      const { output } = await agent.run(text, agentContext());
      if (text.startsWith('arguments')) assert.deepEqual(JSON.parse(output), ['--model', 'small', '--', text]);
      else assert.equal(output, 'echo: --version');
    }
  });

  test('is no argument that the system can not pass on, or that would be an option', async (t) => {
    const { agent } = agentOf(t, { input: 'argument' });
    const cases: readonly (readonly [string, RegExp])[] = [
      ['x'.repeat(131_072), /^takes no task of 131072 bytes as an argument \(at most 128 KiB\)$/],
      ['say \u0000', /^takes no task with a NUL character as an argument$/],
      ['--eval=process.exit()', /^takes no task that begins with a dash as an argument$/],
    ];
    for (const [text, message] of cases) {
      const error = await failureOf(agent, text);
      assert.equal(error.type, 'TaskRefused');
      assert.match(error.message, message);
    }
    const most = agentOf(t, { input: 'argument', args: [...commandSettings().args, '--'] }).agent;
    assert.equal((await most.run('x'.repeat(131_071), agentContext())).output.length, 131_071 + 'echo: '.length);
  });

  test('is an environment of named variables, and no secret beside', async (t) => {
    process.env['GARUDUST_WEBHOOK_SECRET'] = 'secret-of-the-worker';
    process.env['MODEL_KEY'] = 'key-of-the-model';
    t.after(() => {
      delete process.env['GARUDUST_WEBHOOK_SECRET'];
      delete process.env['MODEL_KEY'];
    });
    const { agent } = agentOf(t, { passEnv: ['MODEL_KEY'], env: { COLOR: 'red' } });
    const traceHeaders = { traceparent: '00-1-2-01' };
    const { output } = await agent.run('environment', agentContext({ traceHeaders, call: 2 }));
    const env = JSON.parse(output) as Record<string, string>;
    assert.equal(env['MODEL_KEY'], 'key-of-the-model');
    assert.equal(env['COLOR'], 'red');
    assert.equal(env['GARUDUST_RUN_ID'], 'run-test');
    assert.equal(env['GARUDUST_CALL'], '2');
    assert.equal(env['GARUDUST_SESSION_KEY'], 'client:session');
    assert.equal(env['TRACEPARENT'], '00-1-2-01');
    assert.equal(env['PATH'], process.env['PATH']);
    assert.equal(output.includes('secret-of-the-worker'), false);
  });
});

describe('the working directory', () => {
  test('is that of the session, and its name tells no key', async (t) => {
    const { agent } = agentOf(t);
    const of = async (sessionKey: string, text = 'folder'): Promise<string> =>
      (await agent.run(text, agentContext({ sessionKey }))).output;
    const hostile = await of('client:../../../etc');
    assert.match(hostile, /\/work\/[0-9a-f]{32}\/work$/);
    const first = await of('client:one', 'folder hello');
    assert.equal(await of('client:one'), first);
    assert.equal(readFileSync(join(first, 'note'), 'utf8'), 'hello');
    assert.notEqual(await of('client:two'), first);
  });

  test('of a task without a session is removed once it is answered, and stays for the next try until then', async (t) => {
    const { agent, folder } = agentOf(t);
    const context = agentContext({ sessionKey: 'run-test' });
    await failureOf(agent, 'exit 1', context);
    assert.equal(readdirSync(join(folder, 'work')).length, 1);
    await agent.run('folder x', context);
    assert.equal(readdirSync(join(folder, 'work')).length, 0);
  });

  test('is removed when nobody used it for keep_work', async (t) => {
    const { agent, folder } = agentOf(t);
    const { output: old } = await agent.run('folder', agentContext({ sessionKey: 'client:old' }));
    const parent = join(old, '..');
    utimesSync(parent, 0, 0);
    writeFileSync(join(folder, 'work', 'of-somebody-else'), '');
    utimesSync(join(folder, 'work', 'of-somebody-else'), 0, 0);
    // Another worker of this machine, which has not looked yet.
    const next = createCommandAgent(commandSettings({ workDir: join(folder, 'work') }));
    await next.run('folder', agentContext({ sessionKey: 'client:new' }));
    await waitFor('the sweep', () => !existsSync(parent));
    await sleep(50);
    assert.equal(existsSync(join(folder, 'work', 'of-somebody-else')), true);
  });

  test('is the one that cwd names', async (t) => {
    const cwd = temporaryFolder(t);
    const { agent } = agentOf(t, { cwd });
    await agent.run('folder x', agentContext({ sessionKey: 'run-test' }));
    assert.equal(existsSync(join(cwd, 'note')), true);
  });
});
