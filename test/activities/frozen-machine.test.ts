import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../../src/cli/temporal-server/start-dev-server.ts';
import { startRun } from '../support/agent-worker.ts';
import { startHttpServer } from '../support/http-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const SLEEPY_WORKER = fileURLToPath(new URL('../support/sleepy-worker.ts', import.meta.url));
/** The real ones are 30 s and 40 s: `HEARTBEAT_TIMEOUT_MS=30000 FREEZE_MS=40000`. */
const HEARTBEAT_TIMEOUT_MS = Number(process.env['HEARTBEAT_TIMEOUT_MS'] ?? 3000);
const FREEZE_MS = Number(process.env['FREEZE_MS'] ?? 9000);
const RUNS = 4;

async function setUp(t: TestContext) {
  const { path } = await findTemporalCli({ env: process.env, onProgress: () => undefined });
  const server = await startDevServer({ cliPath: path });
  const connection = await Connection.connect({ address: server.address });
  const { address, namespace } = server;
  const client = new Client({ connection, namespace });
  const answers: ServerResponse[] = [];
  let aborted = 0;
  const agentUrl = await startHttpServer(t, (_, response) => {
    answers.push(response);
    response.once('close', () => (aborted += response.writableFinished ? 0 : 1));
  });
  const args = ['--import', 'tsx', SLEEPY_WORKER, address, namespace, 'sleepy', temporaryFolder(t), agentUrl];
  const worker = spawn(process.execPath, args, { stdio: 'ignore' });
  t.after(async () => {
    worker.kill('SIGKILL');
    await connection.close();
    await server.stop();
  });
  const serverUnderTest = { address, namespace, client, uiUrl: undefined, connectNative: () => assert.fail() };
  const runs = await Promise.all(
    Array.from({ length: RUNS }, () =>
      startRun(serverUnderTest, 'sleepy', { maxAttempts: 1, heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS }),
    ),
  );
  await waitFor('all calls', () => answers.length === RUNS, 30_000);
  // The counts are on their way, as heartbeats.
  await sleep(1000);
  const freeze = async (pids: readonly (number | undefined)[]): Promise<void> => {
    for (const pid of pids) process.kill(pid ?? assert.fail(), 'SIGSTOP');
    await sleep(FREEZE_MS);
    for (const pid of pids) process.kill(pid ?? assert.fail(), 'SIGCONT');
  };
  return { freeze, server, worker, answers, runs, aborted: () => aborted };
}

/** Whoever freezes: no call is aborted or made again, although each is the last that its run may make. */
describe('agents at work go on', { concurrency: true }, () => {
  for (const [who, pick] of [
    ['its worker sleeps', (worker: ChildProcess) => [worker.pid]],
    ['Temporal freezes', (_: ChildProcess, server: { pid: number }) => [server.pid]],
    ['the machine sleeps', (worker: ChildProcess, server: { pid: number }) => [server.pid, worker.pid]],
  ] as const) {
    test(`when ${who} for longer than the heartbeat timeout`, async (t) => {
      const { freeze, server, worker, answers, runs, aborted } = await setUp(t);
      const frozen = freeze(pick(worker, server));
      // Half of the agents answer meanwhile.
      await sleep(FREEZE_MS - 1000);
      for (const answer of answers.slice(0, RUNS / 2)) answer.end('in the night');
      await frozen;
      await sleep(3000);
      for (const answer of answers.slice(RUNS / 2)) answer.end('in the morning');
      const results = await Promise.all(runs.map(async (run) => (await run.result()).output));
      const night = results.filter((output) => output === 'in the night').length;
      assert.deepEqual([night, answers.length, aborted()], [RUNS / 2, RUNS, 0]);
    });
  }
});
