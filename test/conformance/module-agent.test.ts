import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { AgentError } from '../../src/agents/agent.ts';
import { createModuleAgent } from '../../src/agents/module/module.ts';
import { agentContext } from '../support/agent-context.ts';
import { MODULE_FAULTS } from './faults/module-faults.ts';
import { expectOutcome } from './expect-outcome.ts';

const MAX_MEMORY = 64 * 1024 * 1024;
const FLAT_BYTES = 60_000_000;
/** Longer than a thread takes to begin on a busy machine. */
const TIMEOUT_MS = 3000;

/** Runs the module that the task names, in the thread that is there. */
const RUNNER = `export async function run(text, context) {
  if (text === 'well') return { output: text };
  const { run } = await import(text);
  return await run(text, context);
}`;

const isEndless = ({ becomes }: (typeof MODULE_FAULTS)[number]): boolean =>
  'type' in becomes && becomes.type === 'AgentTimeout';

function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('module: a function that fails', () => {
  let folder = '';
  let runner = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-'));
    runner = join(folder, 'runner.mjs');
    writeFileSync(runner, RUNNER);
  });
  after(() => rm(folder, { recursive: true }));

  function write(does: string): string {
    const file = join(mkdtempSync(join(folder, 'of-')), 'fault.mjs');
    writeFileSync(file, `export async function run(text, context) {\n${does}\n}`);
    return pathToFileURL(file).href;
  }

  describe('at once', () => {
    let agent: ReturnType<typeof createModuleAgent>;
    before(() => {
      agent = createModuleAgent({ path: runner, maxMemory: MAX_MEMORY });
    });
    for (const fault of MODULE_FAULTS.filter((each) => !isEndless(each))) {
      test(fault.name, async () => {
        const earlier = heldBytes();
        await expectOutcome(agent, fault.becomes, {}, write(fault.does));
        assert.ok(heldBytes() - earlier < FLAT_BYTES, 'flat memory');
        assert.equal((await agent.run('well', agentContext())).output, 'well', 'the next call works');
      });
    }
  });

  // Each has a thread of its own, since the others would end with it.
  describe('by never ending', { concurrency: 3 }, () => {
    for (const fault of MODULE_FAULTS.filter(isEndless)) {
      test(fault.name, async () => {
        const agent = createModuleAgent({ path: runner, maxMemory: MAX_MEMORY });
        const clock = new AbortController();
        setTimeout(() => clock.abort(new AgentError('AgentTimeout', 'did not answer in time')), TIMEOUT_MS);
        const earlier = heldBytes();
        await expectOutcome(agent, fault.becomes, { signal: clock.signal }, write(fault.does));
        assert.ok(heldBytes() - earlier < FLAT_BYTES, 'flat memory');
        assert.equal((await agent.run('well', agentContext())).output, 'well', 'the next call works');
      });
    }
  });
});
