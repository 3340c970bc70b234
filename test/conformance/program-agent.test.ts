import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createAcpAgent } from '../../src/agents/acp/acp.ts';
import type { Agent } from '../../src/agents/agent.ts';
import { createCommandAgent } from '../../src/agents/command/command.ts';
import { PRESET_NAMES } from '../../src/agents/command/presets/presets.ts';
import { acpSettings, commandSettings } from '../support/command-setup.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { CANARY, type FaultyText } from './faults/fault.ts';
import { MODEL_FAULTS, PROGRAM_FAULTS } from './faults/program-faults.ts';
import { expectOutcome, outcomeFor } from './expect-outcome.ts';

/** What the real programs wrote, called against a stub model; their answer is `pong 1`. */
const RECORDINGS = join(import.meta.dirname, '../fixtures/agents');
const ANSWER = Buffer.from('pong 1');
const FLAT_BYTES = 150_000_000;
const MAX_ANSWER_BYTES = 20_000;
/** How the program of a recording ended, where not with exit code 1. */
const ENDS: Readonly<Record<string, string>> = {
  'gemini-wrong-key': 'exit 145',
  'gemini-limit': 'exec sleep 600',
  'gemini-break': 'exec sleep 600',
  'opencode-limit': 'exec sleep 600',
};

/** A kind of agent that is a program: how to make one, and how its program answers. */
interface ProgramAgent {
  readonly create: (program: string, folder: string, silenceTimeout?: number) => Agent;
  /** Makes a program that answers with this text. */
  readonly answer: (text: FaultyText, folder: string) => string;
}

function script(folder: string, lines: string): string {
  const file = join(folder, 'program');
  writeFileSync(file, `#!/bin/sh\necho '${CANARY}' >&2\n${lines}\n`);
  chmodSync(file, 0o755);
  return file;
}

function write(folder: string, ...parts: readonly Buffer[]): string {
  const file = join(folder, 'answer');
  writeFileSync(file, Buffer.concat(parts));
  return file;
}

const inJson = (text: FaultyText): Buffer => (text.inJson === undefined ? text.bytes : Buffer.from(text.inJson));

const presets = PRESET_NAMES.map((preset): [string, ProgramAgent] => [
  `command:${preset}`,
  {
    create: (program, folder, silenceTimeout) =>
      createCommandAgent({
        ...commandSettings({ workDir: join(folder, 'work'), ...(silenceTimeout && { silenceTimeout }) }),
        ...{ preset, program, args: [] },
      }),
    answer(text, folder) {
      const recording = readFileSync(join(RECORDINGS, `${preset}-ok.jsonl`));
      const at = recording.lastIndexOf(ANSWER);
      const rest = recording.subarray(at + ANSWER.length);
      return script(folder, `exec cat ${write(folder, recording.subarray(0, at), inJson(text), rest)}`);
    },
  },
]);

/** Every kind of agent that is a program: a type, or one of its presets. */
const KINDS: readonly (readonly [string, ProgramAgent])[] = [
  [
    'command:program',
    {
      create: (program, folder, silenceTimeout) =>
        createCommandAgent({
          ...commandSettings({ workDir: join(folder, 'work'), ...(silenceTimeout && { silenceTimeout }) }),
          ...{ program, args: [] },
        }),
      answer: ({ bytes }, folder) => script(folder, `exec cat ${write(folder, bytes)}`),
    },
  ],
  ...presets,
  [
    'acp',
    {
      create: (program, folder, silenceTimeout) =>
        createAcpAgent({ ...acpSettings(folder), ...(silenceTimeout && { silenceTimeout }), program, args: [] }),
      answer(text, folder) {
        write(folder, inJson(text));
        const { program, args } = acpSettings(folder, 'raw');
        return script(folder, `exec ${[program, ...args].join(' ')}`);
      },
    },
  ],
];

for (const [kind, { create, answer }] of KINDS) {
  describe(`${kind}: a program that fails`, { concurrency: 2 }, () => {
    for (const fault of PROGRAM_FAULTS) {
      const { name, does, sortedOnce } = fault;
      if (sortedOnce && kind !== 'command:program') continue;
      test(name, async (t) => {
        const folder = temporaryFolder(t);
        const program = typeof does === 'string' ? script(folder, does) : answer(does, folder);
        const earlier = process.memoryUsage().rss;
        const outcome = outcomeFor(kind, fault);
        const isSilent = 'type' in outcome && outcome.type === 'AgentTimeout';
        const agent = create(program, folder, isSilent ? 1000 : undefined);
        await expectOutcome(agent, outcome, { maxAnswerBytes: MAX_ANSWER_BYTES });
        assert.ok(process.memoryUsage().rss - earlier < FLAT_BYTES);
      });
    }
  });
}

for (const preset of PRESET_NAMES) {
  describe(`command:${preset}: a model that fails`, { concurrency: 2 }, () => {
    for (const fault of MODEL_FAULTS) {
      const recording = `${preset}-${fault.does}`;
      const file = (ending: string): string => join(RECORDINGS, `${recording}.${ending}`);
      if (!existsSync(file('jsonl'))) continue;
      test(fault.name, async (t) => {
        const folder = temporaryFolder(t);
        const errors = existsSync(file('stderr')) ? `cat '${file('stderr')}' >&2` : '';
        const program = script(folder, `cat '${file('jsonl')}'\n${errors}\n${ENDS[recording] ?? 'exit 1'}`);
        const agent = presets.find(([name]) => name === `command:${preset}`)?.[1].create(program, folder);
        await expectOutcome(agent ?? assert.fail(), outcomeFor(`command:${preset}`, fault));
      });
    }
  });
}
