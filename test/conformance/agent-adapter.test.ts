import { fileURLToPath } from 'node:url';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentTypeName, createAgent } from '../../src/agents/agent-types.ts';
import { createAcpAgent } from '../../src/agents/acp/acp.ts';
import { createCommandAgent } from '../../src/agents/command/command.ts';
import { createDemoAgent } from '../../src/agents/demo/demo.ts';
import { acpSettings, commandSettings } from '../support/command-setup.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import type { ModelReply } from '../support/fake-garudust/model-script.ts';
import { type AdapterUnderTest, describeAgentAdapter } from './agent-adapter.ts';
import { LLM_SECRET, MODEL_ERRORS } from './garudust-rows.ts';

const API_KEY = 'garudust-key-9876';

async function garudust(): Promise<AdapterUnderTest> {
  const fake = await startFakeGarudust({ apiKey: API_KEY, llmTimeoutMs: 100 });
  const teach = (text: string, reply: ModelReply): string => {
    fake.model.on(text, reply);
    return text;
  };
  return {
    agent: createAgent({ type: 'garudust', url: fake.url, apiKey: API_KEY }),
    easy: { text: 'easy', answer: /^echo: easy$/ },
    slow: teach('slow', { kind: 'answer', content: 'never', after: new Promise(() => undefined) }),
    large: (bytes) =>
      teach(`large ${bytes}`, { kind: 'answer', content: 'ü'.repeat(bytes / 2) + 'x'.repeat(bytes % 2) }),
    failing: MODEL_ERRORS.map(({ name, reply }) => teach(`fails by ${name}`, reply)),
    secrets: [LLM_SECRET, API_KEY, String(fake.port), '127.0.0.1'],
    close: () => fake.close(),
  };
}

/** It is the `scripted.mjs` of the tests, whose directives are its tasks. */
function ownModule(): Promise<AdapterUnderTest> {
  const path = fileURLToPath(new URL('../support/modules/scripted.mjs', import.meta.url));
  return Promise.resolve({
    agent: createAgent({ type: 'module', path }),
    easy: { text: 'easy', answer: /^easy for c/ },
    slow: 'slow',
    large: (bytes) => `large ${bytes}`,
    failing: ['string', 'throws', 'sorted', 'unknown', 'function', 'exit', 'timer'],
    secrets: ['canary', path],
    close: () => Promise.resolve(),
  });
}

function demo(): Promise<AdapterUnderTest> {
  return Promise.resolve({
    agent: createDemoAgent(1),
    easy: { text: 'say something', answer: /no model was called[^]*"say something"[^]*GARUDUST_URL/ },
    slow: 'demo: sleep 10m',
    large: (bytes) => `demo: size ${bytes}B`,
    failing: ['demo: fail', 'demo: refuse', 'secret-in-the-task\ndemo: fail'],
    secrets: ['secret-in-the-task'],
    close: () => Promise.resolve(),
  });
}

function command(): Promise<AdapterUnderTest> {
  const workDir = mkdtempSync(join(tmpdir(), 'garudust-temporal-'));
  return Promise.resolve({
    agent: createCommandAgent(commandSettings({ workDir })),
    easy: { text: 'easy', answer: /^echo: easy$/ },
    slow: 'hang',
    large: (bytes) => `large ${bytes}`,
    failing: ['exit 1', 'exit 75', 'kill SIGKILL', 'empty', 'endless'],
    secrets: ['canary-of-the-program', workDir],
    close: () => rm(workDir, { recursive: true }),
  });
}

function acp(): Promise<AdapterUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-'));
  return Promise.resolve({
    agent: createAcpAgent(acpSettings(folder)),
    easy: { text: 'easy', answer: /^echo: easy \(turn \d\)$/ },
    slow: 'hang',
    large: (bytes) => `large ${bytes}`,
    failing: ['error -32603', 'error -32000', 'stop refusal', 'stop end_turn', 'exit 1', 'endless'],
    secrets: ['canary-of-the-program', folder],
    close: () => rm(folder, { recursive: true }),
  });
}

/** Every agent type; the compiler asks for one that is missing. */
const ADAPTERS: Readonly<Record<AgentTypeName, () => Promise<AdapterUnderTest>>> = {
  garudust,
  module: ownModule,
  command,
  acp,
  demo,
};

for (const [type, setUp] of Object.entries(ADAPTERS)) describeAgentAdapter(type, setUp);
