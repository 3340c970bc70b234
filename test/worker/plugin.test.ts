import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, Worker, type WorkerOptions } from '@temporalio/worker';
import { JournalLockedError } from '../../src/activities/journal/lock-folder.ts';
import { openJournal } from '../../src/activities/journal/journal.ts';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import { startCallbackReceiver, type ReceivedCallback } from '../../src/cli/callback-receiver.ts';
import { toAgentPolicy } from '../../src/agents/agent-policy-settings.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { GarudustPlugin } from '../../src/plugin.ts';
import { StartError } from '../../src/stack/start-error.ts';
import { DEFAULT_AGENT_POLICY } from '../../src/contract/agent-policy.ts';
import { toCallbackTarget } from '../../src/contract/callback-target.ts';
import { CHAIN, createTeamPlugin } from './fixtures/team-plugin.ts';
import { startRun, runInBackground } from '../support/agent-worker.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const COMMON_JS = fileURLToPath(new URL('fixtures/common-js.cjs', import.meta.url));
const SECRET = 'the-secret-of-the-team';
const QUIET = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const answering = (answer: (text: string) => string): Agent => ({
  run: (text) => Promise.resolve({ output: answer(text) }),
});
const AGENTS = {
  upper: answering((text) => text.toUpperCase()),
  reverse: answering((text) => text.split('').toReversed().join('')),
  refusing: { run: () => Promise.reject(new AgentError('TaskRefused', 'refused the task')) },
  main: answering((text) => text),
};
const CALLBACK = { callbackSecret: [SECRET], permitNetworks: ['127.0.0.0/8', '::1/128'] };

function teamPlugin(journalDir?: string): GarudustPlugin {
  return new GarudustPlugin({ agents: AGENTS, callback: CALLBACK, ...(journalDir !== undefined && { journalDir }) });
}

/** A worker as a team makes one, running until the test ends. */
async function startTeamWorker(t: TestContext, options: Partial<WorkerOptions>) {
  const server = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const connection = await server.connectNative();
  const worker = await Worker.create({ connection, namespace: server.namespace, taskQueue, ...options });
  const running = runInBackground(t, worker);
  const execute = (type: string, args: unknown[] = [], client = server.client): Promise<unknown> =>
    client.workflow.execute(type, { workflowId: `${type}-${randomUUID()}`, taskQueue, args });
  return { server, taskQueue, execute, stop: () => running.stop() };
}

describe("a team's worker with the plugin", () => {
  test('serves their workflows, by our steps, and ours', async (t) => {
    const journal = temporaryFolder(t);
    const { server, taskQueue, execute, stop } = await startTeamWorker(t, {
      workflowsPath: CHAIN,
      activities: { theirs: () => Promise.resolve() },
      plugins: [teamPlugin(journal)],
    });
    const callbacks: ReceivedCallback[] = [];
    const receiver = await startCallbackReceiver({
      ...{ port: 0, failFirst: 0, status: 204, delayMs: 0 },
      secrets: () => [SECRET],
      onCallback: (callback) => callbacks.push(callback),
    });
    t.after(() => receiver.close());
    const workflowId = `chain-${randomUUID()}`;
    const url = `${receiver.url}done`;
    const handle = await server.client.workflow.start('chain', { workflowId, taskQueue, args: [{ text: 'abc', url }] });
    assert.equal(await handle.result(), 'CBA');
    assert.deepEqual(
      callbacks.map(({ signature, webhookId, body }) => [signature, webhookId, body?.status, body?.text, body?.run_id]),
      [
        ['good', `${workflowId}-answer`, 'completed', 'CBA', workflowId],
        ['good', workflowId, 'completed', 'CBA', workflowId],
      ],
    );
    const { events } = await handle.fetchHistory();
    const scheduled = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
    assert.deepEqual(
      scheduled.map(({ activityId }) => activityId),
      ['first', '2', 'answer', 'callback'],
    );
    assert.deepEqual(await execute('failing'), {
      ...{ status: 'failed', code: 'TaskRefused', known: true, attribute: 'GarudustAgent' },
    });
    assert.equal(await execute('noSuchWorkflow'), 'by default');
    assert.deepEqual(await (await startRun(server, taskQueue)).result(), { output: 'do it' });
    await assert.rejects(openJournal(journal), JournalLockedError);
    await stop();
    await (await openJournal(journal)).close();
  });

  test('serves workflows of CommonJS, the one by default too', async (t) => {
    const { execute } = await startTeamWorker(t, { workflowsPath: COMMON_JS, plugins: [teamPlugin()] });
    assert.equal(await execute('named'), 'named');
    assert.equal(await execute('noSuchWorkflow'), 'by default');
  });

  for (const order of ['before', 'after']) {
    test(`takes workflows and codec of another plugin that stands ${order} it`, async (t) => {
      const other = createTeamPlugin();
      const ours = teamPlugin(temporaryFolder(t));
      const plugins = order === 'before' ? [other, ours] : [ours, other];
      const { server, taskQueue, execute } = await startTeamWorker(t, { plugins });
      const client = new Client({ connection: server.client.connection, plugins: [other] });
      assert.equal(await execute('chain', [{ text: 'abc' }], client), 'CBA');
      const own = await startRun({ ...server, client }, taskQueue);
      assert.deepEqual(await own.result(), { output: 'do it' });
      const { events } = await own.fetchHistory();
      const completed = events?.find(({ activityTaskCompletedEventAttributes: done }) => done);
      const [payload] = completed?.activityTaskCompletedEventAttributes?.result?.payloads ?? [];
      assert.equal(
        Buffer.from(payload?.metadata?.['encoding'] ?? []).toString(),
        'binary/rot',
        'the journal encodes what it reports',
      );
    });
  }

  test('serves ours alone where nothing else is given', async (t) => {
    const { server, taskQueue } = await startTeamWorker(t, { plugins: [teamPlugin()] });
    assert.deepEqual(await (await startRun(server, taskQueue)).result(), { output: 'do it' });
  });

  test('refuses a bundle without our workflows, and takes one that it has made', async (t) => {
    const { code: theirs } = await bundleWorkflowCode({ workflowsPath: CHAIN, logger: QUIET });
    const plugins = [teamPlugin()];
    await assert.rejects(
      startTeamWorker(t, { workflowBundle: { code: theirs }, plugins }),
      /workflowBundle does not contain the workflows of garudust-temporal.*bundleWorkflowCode/,
    );
    const { code } = await bundleWorkflowCode({
      workflowsPath: CHAIN,
      plugins: [new GarudustPlugin()],
      logger: QUIET,
    });
    const { server, taskQueue, execute } = await startTeamWorker(t, { workflowBundle: { code }, plugins });
    assert.equal(await execute('chain', [{ text: 'abc' }]), 'CBA');
    assert.deepEqual(await (await startRun(server, taskQueue)).result(), { output: 'do it' });
  });

  test('refuses a journal that another worker uses, a wrong agent, and settings that are none', async (t) => {
    const folder = temporaryFolder(t);
    const journal = await openJournal(folder);
    t.after(() => journal.close());
    await assert.rejects(startTeamWorker(t, { plugins: [teamPlugin(folder)] }), StartError);
    const wrong = new GarudustPlugin({ agents: { wrong: {} as Agent } });
    await assert.rejects(startTeamWorker(t, { plugins: [wrong] }), /Agent "wrong" has neither/);
    const missing = new GarudustPlugin({ config: 'no-such-file.yaml' });
    await assert.rejects(startTeamWorker(t, { plugins: [missing] }), (error) => {
      return error instanceof StartError && error.message.includes('no-such-file.yaml');
    });
  });

  test('leaves what the worker itself sets', async () => {
    const options = await teamPlugin().configureWorker({ taskQueue: 'q', shutdownGraceTime: 1, identity: 'me' });
    assert.equal(options.shutdownGraceTime, 1);
    assert.equal(options.identity, 'me');
    assert.equal(options.maxHeartbeatThrottleInterval, 2000);
    assert.equal(options.maxConcurrentWorkflowTaskExecutions, 48);
    const own = await teamPlugin().configureWorker({ taskQueue: 'q', maxConcurrentWorkflowTaskExecutions: 3 });
    assert.equal(own.maxConcurrentWorkflowTaskExecutions, 3);
    const tuner: NonNullable<WorkerOptions['tuner']> = {
      tunerOptions: { targetMemoryUsage: 0.5, targetCpuUsage: 0.5 },
    };
    const tuned = await teamPlugin().configureWorker({ taskQueue: 'q', tuner });
    assert.equal(tuned.maxConcurrentWorkflowTaskExecutions, undefined, 'the SDK refuses both');
  });
});

test('a step of a workflow has the defaults of the settings', () => {
  const { config } = loadConfig({ mode: 'dev', file: false, cwd: process.cwd(), env: {} });
  const { retryDelays: retryDelaysMs, attemptTimeout: attemptTimeoutMs, deadLetter: deadLetterMs } = config.callback;
  assert.deepEqual(config.agents.map(toAgentPolicy), [DEFAULT_AGENT_POLICY]);
  const url = 'https://ci.example.com/done';
  assert.deepEqual(toCallbackTarget(url), { url, retryDelaysMs, attemptTimeoutMs, deadLetterMs });
});
