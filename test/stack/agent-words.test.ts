import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import type { AgentTypeName } from '../../src/agents/agent-types.ts';
import type { Config } from '../../src/config/config.ts';
import { FAILURE_CLASSES, failureClass } from '../../src/contract/failures.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { outcomeFor } from '../conformance/expect-outcome.ts';
import { CANARY, type Fault } from '../conformance/faults/fault.ts';
import { MODULE_FAULTS } from '../conformance/faults/module-faults.ts';
import { PROGRAM_FAULTS } from '../conformance/faults/program-faults.ts';
import { SERVER_FAULTS } from '../conformance/faults/server-faults.ts';
import { acpSettings, commandSettings } from '../support/command-setup.ts';
import { API_KEY, startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** Together they bring the peer's words in bodies, headers and pages, before and in the midst of an answer. */
const SERVER_NAMES = [
  '401',
  '422',
  '429',
  '500',
  '500 of a proxy, in HTML',
  'no HTTP',
  'body cut',
  '200 with an error inside',
];
const PROGRAM_NAMES = ['exit 1', 'exit 137', 'lines without end, in flat memory'];
const MODULE_NAMES = [
  'throws a string',
  'throws an error',
  'throws an `AgentError` of an unknown type',
  'throws in a timer',
];

/** An agent that meets one fault. */
interface Case {
  readonly kind: AgentTypeName;
  readonly fault: Fault<unknown>;
  readonly settings: object;
}

type Pick = (names: readonly string[]) => (fault: { readonly name: string }) => boolean;
const named: Pick = (names) => (fault) => names.includes(fault.name);

async function serverCases(t: TestContext): Promise<Case[]> {
  const faults = SERVER_FAULTS.filter(named(SERVER_NAMES));
  const server = createServer((request, response: ServerResponse) => {
    const { does } = faults[Number(/^\/(\d+)/.exec(request.url ?? '')?.[1])] ?? assert.fail();
    request.resume().once('end', () => typeof does === 'function' && does(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return faults.flatMap((fault, index) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${index}`;
    const kinds: Partial<Record<AgentTypeName, object>> = {
      garudust: {},
      model: { provider: 'openai-compatible', model: 'm', maxSteps: 20 },
      http: { output: ['$.output'] },
      remote: { preset: 'hermes', pollInterval: 50 },
      callback: { completionUrl: url, completionSecret: ['the-secret-of-the-completions'] },
    };
    return Object.entries(kinds).map(([kind, settings]) => ({
      kind: kind as AgentTypeName,
      fault,
      settings: { url, ...settings },
    }));
  });
}

function childCases(t: TestContext): Case[] {
  const folder = temporaryFolder(t);
  const workDir = join(folder, 'work');
  const programs = PROGRAM_FAULTS.filter(named(PROGRAM_NAMES)).flatMap((fault, index): Case[] => {
    if (typeof fault.does !== 'string') return [];
    const program = join(folder, `program-${index}`);
    writeFileSync(program, `#!/bin/sh\necho '${CANARY}' >&2\n${fault.does}\n`);
    chmodSync(program, 0o755);
    const own = { program, args: [], workDir };
    const command: Case = { kind: 'command', fault, settings: { ...commandSettings(), ...own } };
    const acp: Case = { kind: 'acp', fault, settings: { ...acpSettings(folder), ...own, silenceTimeout: 1000 } };
    return [command, acp];
  });
  const modules = MODULE_FAULTS.filter(named(MODULE_NAMES)).map((fault, index): Case => {
    const path = join(folder, `module-${index}.mjs`);
    writeFileSync(path, `export async function run(text, context) {\n${fault.does}\n}`);
    return { kind: 'module', fault, settings: { path, maxMemory: 256 * 1024 * 1024 } };
  });
  return [...programs, ...modules];
}

test('what an agent says when it fails is in no history, log, answer, metric, event or callback, whatever its type', async (t) => {
  const cases = [...(await serverCases(t)), ...childCases(t)]
    .map((each, index) => ({ ...each, name: `agent-${index}`, outcome: outcomeFor(each.kind, each.fault) }))
    // A task that `callback` has handed over is no failure.
    .filter(({ outcome }) => 'type' in outcome);
  const metrics = createMetrics({
    processMetrics: false,
    agentFaults: ['AgentMisconfigured'],
    configured: { agents: cases.map(({ name }) => name), clients: ['default'] },
  });
  const logTo = new PassThrough();
  let log = '';
  logTo.on('data', (chunk) => (log += String(chunk)));
  const change = (config: Config): Config => {
    const [first] = config.agents;
    assert.ok(first);
    // No fault of an agent is retried within the total timeout.
    const hour = 3_600_000;
    const policy = { maxAttempts: 1, totalTimeout: hour / 2, retryDelay: hour, retryDelayAtFault: hour };
    const agents = cases.map(({ name, kind: type, settings }) => ({ ...first, ...policy, name, type, ...settings }));
    return { ...config, agents, defaultAgent: 'agent-0' };
  };
  const { start, get, callbackUrl, callbacks, stack, url } = await startTestStack(t, { change, metrics, logTo });
  const { client } = await connectToTestServer();
  const runs = await Promise.all(
    cases.map(async (each) => ({
      ...each,
      run: await start({ text: each.name, callback_url: callbackUrl, agent: each.name }),
    })),
  );
  for (const {
    name,
    kind,
    fault,
    outcome,
    run: { id },
  } of runs) {
    const what = `${kind}, ${fault.name}`;
    const run = await get(id, 60);
    assert.ok('type' in outcome);
    assert.deepEqual([run.status === 'completed', run.error?.code], [false, outcome.type], what);
    if (FAILURE_CLASSES[failureClass(outcome.type)].paid) assert.equal(run.agent?.attempt, 1, what);
    await waitFor('the callback', () => callbacks.some(({ body }) => body?.run_id === id), 30_000);
    const history = readable(await client.workflow.getHandle(id).fetchHistory());
    // So that it would be found.
    assert.ok(history.includes(name));
    assert.equal(history.includes(CANARY), false, what);
    assert.equal(JSON.stringify(run).includes(CANARY), false, what);
  }
  const headers = { Authorization: `Bearer ${API_KEY}` };
  const read = async (place: string): Promise<string> => await (await fetch(place, { headers })).text();
  const [{ run: { id: first } } = assert.fail()] = runs;
  const places = {
    log,
    callbacks: JSON.stringify(callbacks),
    list: await read(`${url}/v1/runs?limit=100`),
    events: await read(`${url}/v1/runs/${first}/events`),
    metrics: await read(`${stack.adminUrl}/metrics`),
    ready: await read(`${stack.adminUrl}/readyz`),
  };
  for (const [place, text] of Object.entries(places)) {
    assert.ok(text.length > 0, place);
    assert.equal(text.includes(CANARY), false, place);
  }
});

/** A history as JSON, with its payloads as texts. */
function readable(history: object): string {
  return JSON.stringify(history, (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
  );
}
