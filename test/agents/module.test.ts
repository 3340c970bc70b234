import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { callAgent } from '../../src/activities/agent/call-agent.ts';
import { type AgentContext, AgentError } from '../../src/agents/agent.ts';
import { createModuleAgent } from '../../src/agents/module/module.ts';
import { agentContext } from '../support/agent-context.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const SCRIPTED = fileURLToPath(new URL('../support/modules/scripted.mjs', import.meta.url));
const agent = createModuleAgent({ path: SCRIPTED, maxMemory: 256 * 1024 * 1024 });
const call = (text: string, context: Partial<AgentContext> = {}) =>
  callAgent(agent, text, agentContext(context), () => undefined);

async function failureOf(run: Promise<unknown>): Promise<AgentError> {
  const error = await run.catch((reason: unknown) => reason);
  assert.ok(error instanceof AgentError, String(error));
  return error;
}

describe('a module', () => {
  test('answers with what its function returns', async () => {
    const answer = { output: 'easy for client:session', data: { ok: true }, usage: { outputTokens: 3 } };
    assert.deepEqual(await call('easy'), answer);
  });

  test('reports progress and text, keeps a handle and is resumed by it', async () => {
    const told: unknown[] = [];
    const tell = (text: string): unknown => told.push(text);
    await call('stream', { report: tell, reportText: tell });
    assert.deepEqual(told, ['reading the task', 'half ', 'of it']);
    const kept: unknown[] = [];
    const checkpoint = (handle: unknown) => Promise.resolve(void kept.push(handle));
    assert.equal((await call('handle', { checkpoint })).output, 'kept');
    assert.equal((await call('handle', { resumed: 'remote-1' })).output, 'resumed remote-1');
    assert.deepEqual(kept, ['remote-1']);
  });

  test('knows what its run may cost, and tells what a call cost that fails', async () => {
    const error = await failureOf(call('spent', { budget: { tokens: { limit: 70, used: 20 } } }));
    assert.deepEqual([error.type, error.usage], ['BudgetExceeded', { outputTokens: 70, calls: 2 }]);
  });

  test('that forgets a rejected promise goes on, and the log says where', async () => {
    const lines: object[] = [];
    const logger = { info: () => undefined, error: () => undefined, warn: (fields: object) => void lines.push(fields) };
    assert.equal((await call('stray', { logger })).output, 'still here');
    assert.equal(lines.length, 1);
    assert.match(JSON.stringify(lines), /"error":"Error","place":"scripted\.mjs:\d+:\d+"/);
  });

  test('that never yields is ended with its thread at the abort', async () => {
    const own = createModuleAgent({ path: SCRIPTED, maxMemory: 256 * 1024 * 1024 });
    const controller = new AbortController();
    const reason = new Error('time is up');
    let isWorking = false;
    const context = agentContext({ signal: controller.signal, report: () => void (isWorking = true) });
    const run = callAgent(own, 'forever', context, () => undefined);
    await waitFor('the call', () => isWorking, 10_000);
    controller.abort(reason);
    await assert.rejects(run, (error) => error === reason);
    assert.match((await own.run('easy', agentContext())).output, /^easy/);
  });

  test('that is not there, exports no function or throws when it is loaded is misconfigured', async (t) => {
    const folder = temporaryFolder(t);
    const load = (name: string, text?: string) => {
      const path = join(folder, name);
      if (text !== undefined) writeFileSync(path, text);
      return failureOf(createModuleAgent({ path, maxMemory: 256 * 1024 * 1024 }).run('x', agentContext()));
    };
    const errors = [
      await load('missing.mjs'),
      await load('empty.mjs', 'export const walk = 1;'),
      await load('throws.mjs', "throw new Error('sk-canary');"),
      await load('imports.mjs', "import 'nowhere-at-all';"),
    ];
    assert.deepEqual(new Set(errors.map(({ type }) => type)), new Set(['AgentMisconfigured']));
    assert.deepEqual(
      errors.map(({ message }) => message),
      [
        'has a module that is not there',
        'has a module that exports no function run',
        'has a module that threw Error at throws.mjs:1:7',
        'has a module that imports a module that is not there',
      ],
    );
  });
});
