import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import { createCommandAgent } from '../../src/agents/command/command.ts';
import type { PresetName } from '../../src/agents/command/presets/presets.ts';
import { agentContext } from '../support/agent-context.ts';
import { commandSettings } from '../support/command-setup.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What the real programs wrote, called against a stub model; `canary` stands in the model's errors. */
const RECORDINGS = join(import.meta.dirname, '../fixtures/agents');

interface Replayed {
  readonly agent: Agent;
  /** Makes the program write another recording. */
  readonly play: (recording: string, exitCode?: number) => void;
  /** Arguments and standard input of the last call. */
  readonly last: () => { readonly args: readonly string[]; readonly input: string };
}

/** An agent whose program writes what the real one wrote. */
function replayed(t: TestContext, preset: PresetName): Replayed {
  const folder = temporaryFolder(t);
  const program = join(folder, preset);
  const agent = createCommandAgent({
    ...commandSettings(),
    preset,
    program,
    args: ['--extra'],
    workDir: join(folder, 'work'),
  });
  return {
    agent,
    play(recording, exitCode = 0) {
      const file = (ending: string): string => join(RECORDINGS, `${preset}-${recording}.${ending}`);
      const lines = [
        '#!/bin/sh',
        `printf '%s\\n' "$@" > '${folder}/args'; cat > '${folder}/input'`,
        `cat '${file('jsonl')}'`,
        existsSync(file('stderr')) ? `cat '${file('stderr')}' >&2` : '',
        `exit ${exitCode}`,
      ];
      writeFileSync(program, lines.join('\n'));
      chmodSync(program, 0o755);
    },
    last: () => ({
      args: readFileSync(join(folder, 'args'), 'utf8').trimEnd().split('\n'),
      input: readFileSync(join(folder, 'input'), 'utf8'),
    }),
  };
}

const OK: Readonly<
  Record<PresetName, { session: string; streams: boolean; cost?: number; resume: readonly string[] }>
> = {
  claude: {
    session: 'd244bf59-4452-490f-9ac7-6f9a470f7f5e',
    streams: true,
    cost: 0.000325,
    resume: ['--resume', 'd244bf59-4452-490f-9ac7-6f9a470f7f5e'],
  },
  codex: {
    session: '01a22881-c666-76a2-8daa-d84cd71e87b8',
    streams: true,
    resume: ['resume', '01a22881-c666-76a2-8daa-d84cd71e87b8', '-'],
  },
  opencode: {
    session: 'ses_dd77d54abffeogVcdwyeDo4FXA',
    streams: true,
    cost: 0.000044,
    resume: ['--session', 'ses_dd77d54abffeogVcdwyeDo4FXA'],
  },
  gemini: {
    session: 'c7d6b42f-8d82-405a-87f0-f5a3e07afa46',
    streams: true,
    resume: ['--resume', 'c7d6b42f-8d82-405a-87f0-f5a3e07afa46'],
  },
};

describe('a preset', () => {
  for (const [name, { session, streams, cost, resume }] of Object.entries(OK) as [
    PresetName,
    (typeof OK)[PresetName],
  ][]) {
    test(`${name}: answers, resumes its session, and counts what each call used`, async (t) => {
      const { agent, play, last } = replayed(t, name);
      play('ok');
      let streamed = '';
      const context = agentContext({ reportText: (delta) => void (streamed += delta) });
      const first = await agent.run('say ping', context);
      assert.equal(first.output, 'pong 1');
      assert.equal(first.agentSession, session);
      assert.equal(streamed, streams ? 'pong 1' : '');
      assert.equal(last().input, 'say ping');
      assert.ok(last().args.includes('--extra'));
      play('resume');
      const second = await agent.run('--again', agentContext());
      assert.equal(second.output, 'pong 2');
      assert.equal(last().args.join(' ').includes(resume.join(' ')), true);
      assert.equal(last().input, '--again');
      for (const { usage } of [first, second]) {
        assert.equal(usage?.inputTokens, 30);
        assert.equal(usage.outputTokens, 7);
        assert.equal(usage.costUsd?.toFixed(6), cost?.toFixed(6));
      }
      play('ok');
      await agent.run('say ping', agentContext({ sessionKey: 'client:another' }));
      assert.equal(last().args.join(' ').includes(resume.join(' ')), false);
    });

    test(`${name}: begins a new session when its own is gone`, async (t) => {
      const { agent, play, last } = replayed(t, name);
      play('ok');
      await agent.run('say ping', agentContext());
      play('gone', 1);
      await assert.rejects(agent.run('again', agentContext()), { name: 'AgentError' });
      play('ok');
      await agent.run('again', agentContext());
      assert.equal(last().args.join(' ').includes(resume.join(' ')), false);
    });
  }

  test('claude: the cost of a version that tells the sum of the session is the difference', async (t) => {
    const { agent, play } = replayed(t, 'claude');
    play('ok');
    await agent.run('say ping', agentContext());
    play('resume-sum');
    const { usage } = await agent.run('again', agentContext());
    assert.equal(usage?.costUsd?.toFixed(6), '0.000325');
    assert.equal(usage.outputTokens, 7);
  });

  test('claude: is told what the run may still cost, and ends in BudgetExceeded there', async (t) => {
    const { agent, play, last } = replayed(t, 'claude');
    play('budget', 1);
    const budget = { costUsd: { limit: 0.5, used: 0.499_999 } };
    const error = await agent.run('hi', agentContext({ budget })).catch((reason: unknown) => reason);
    assert.ok(error instanceof AgentError);
    assert.deepEqual([error.type, error.usage], ['BudgetExceeded', { costUsd: 0.000_065 }]);
    assert.match(last().args.join(' '), /--max-budget-usd 0\.000001 --extra$/);
    // A limit of its own args is another one.
    await assert.rejects(agent.run('hi', agentContext()), { type: 'TokenBudgetExceeded' });
    assert.doesNotMatch(last().args.join(' '), /--max-budget-usd/);
  });
});
