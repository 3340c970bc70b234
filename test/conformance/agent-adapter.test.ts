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
import { chat, lastTask, type ModelBehaviour, startScriptedModel } from '../support/scripted-model.ts';
import { startScriptedRemote } from '../support/scripted-remote.ts';
import { startFakeDesk } from '../support/fake-desk.ts';
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
    agent: createAgent({ type: 'module', path, maxMemory: 256 * 1024 * 1024 }),
    easy: { text: 'easy', answer: /^easy for c/ },
    streamed: 'stream',
    slow: 'slow',
    large: (bytes) => `large ${bytes}`,
    failing: ['string', 'throws', 'sorted', 'unknown', 'function', 'exit', 'timer'],
    secrets: ['canary', path],
    close: () => Promise.resolve(),
  });
}

const MODEL_CANARY = 'words-of-the-model';

/** An agent that asks a scripted server, which echoes its task but for `slow`, `large <bytes>` and what fails. */
function onScriptedServer(
  server: Awaited<ReturnType<typeof startScriptedModel>>,
  agent: AdapterUnderTest['agent'],
  failing: readonly string[],
): AdapterUnderTest {
  return {
    agent,
    easy: { text: 'easy', answer: /^echo: easy$/ },
    slow: 'slow',
    large: (bytes) => `large ${bytes}`,
    failing,
    secrets: [MODEL_CANARY, API_KEY, String(server.port), '127.0.0.1'],
    close: () => server.close(),
  };
}

async function model(): Promise<AdapterUnderTest> {
  const failing: Readonly<Record<string, ModelBehaviour>> = {
    'wrong key': (response) => void response.writeHead(401).end(`{"error": {"message": "${MODEL_CANARY}"}}`),
    refusal: chat(MODEL_CANARY, 'content_filter'),
    length: chat(MODEL_CANARY, 'length'),
    broken: (response) => void response.writeHead(500).end(MODEL_CANARY),
  };
  const server = await startScriptedModel((seen) => {
    const task = lastTask(seen);
    const [verb, bytes = ''] = task.split(' ');
    if (task === 'slow') return () => undefined;
    if (verb === 'large') return chat('ü'.repeat(Number(bytes) / 2) + 'x'.repeat(Number(bytes) % 2));
    return failing[task] ?? chat(`echo: ${task}`);
  });
  const settings = {
    provider: 'openai-compatible',
    url: server.url,
    model: 'm',
    apiKey: API_KEY,
    maxSteps: 20,
  } as const;
  const adapter = onScriptedServer(server, createAgent({ type: 'model', ...settings }), Object.keys(failing));
  return { ...adapter, streamed: 'easy' };
}

/** Answers `{"task": …}` with `{"output": …}`, as the task says. */
async function http(): Promise<AdapterUnderTest> {
  const failing: Readonly<Record<string, number>> = { 'wrong key': 401, broken: 500, 'another form': 200 };
  const server = await startScriptedModel(({ body }) => {
    const task = String(body['task']);
    const [verb, bytes = ''] = task.split(' ');
    const status = failing[task];
    const output = verb === 'large' ? 'x'.repeat(Number(bytes)) : `echo: ${task}`;
    return (response) => {
      if (task === 'slow') return;
      const reply = status === undefined ? { output } : { error: MODEL_CANARY };
      response.writeHead(status ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
    };
  });
  const settings = { url: server.url, apiKey: API_KEY, body: { task: '{{ text }}' }, output: ['$.output'] };
  return onScriptedServer(server, createAgent({ type: 'http', ...settings }), Object.keys(failing));
}

async function remote(): Promise<AdapterUnderTest> {
  const server = await startScriptedRemote('hermes');
  server.behave = (task) => {
    const [verb, argument = ''] = task.split(' ');
    if (verb === 'large') return { status: 'completed', output: 'x'.repeat(Number(argument)) };
    if (verb === 'slow') return { status: 'running' };
    if (verb === 'fail') return { status: argument, error: MODEL_CANARY };
    return { status: 'completed', output: `echo: ${task}` };
  };
  const settings = { preset: 'hermes', url: server.url, apiKey: API_KEY, pollInterval: 50 } as const;
  return {
    agent: createAgent({ type: 'remote', ...settings }),
    easy: { text: 'easy', answer: /^echo: easy$/ },
    slow: 'slow',
    large: (bytes) => `large ${bytes}`,
    failing: ['fail failed', 'fail cancelled', 'fail waiting_for_approval', 'fail completed'],
    secrets: [MODEL_CANARY, API_KEY, '127.0.0.1'],
    close: () => server.close(),
  };
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
    streamed: 'easy',
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
  model,
  http,
  remote,
  module: ownModule,
  command,
  acp,
  callback: startFakeDesk,
  demo,
};

for (const [type, setUp] of Object.entries(ADAPTERS)) describeAgentAdapter(type, setUp);
