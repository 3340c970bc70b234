import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { DeploymentState } from '../../src/runs/deployments/read-deployment.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { runCli } from '../support/run-cli.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

const HELD = 'Take your time';

/** Builds of one task queue, each with an agent that says which build asked it and holds one task until it is let go. */
async function setUp(t: TestContext) {
  const { address, client } = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const startBuild = async (buildId: string, worker: Record<string, string> = { WORKER_BUILD_ID: buildId }) => {
    const garudust = await startFakeGarudust({ apiKey: undefined });
    t.after(() => garudust.close());
    let letGo = (): void => undefined;
    const after = new Promise<void>((resolve) => (letGo = resolve));
    garudust.model.on('Hello', { kind: 'answer', content: `answered by ${buildId}` });
    garudust.model.on(HELD, { kind: 'answer', content: `answered by ${buildId}`, after });
    const env = { ...worker, GARUDUST_URL: garudust.url };
    return { ...(await startTestStack(t, { taskQueue, env })), model: garudust.model, letGo };
  };
  const env = { TEMPORAL_ADDRESS: address, TEMPORAL_TASK_QUEUE: taskQueue };
  const deploy = (...args: string[]) => runCli(['deploy', ...args], { env });
  const builds = async (): Promise<Record<string, readonly [string, number, number]>> => {
    const { builds: found } = JSON.parse((await deploy('status', '--json')).stdout) as DeploymentState;
    return Object.fromEntries(
      found.map(({ buildId, state, pinnedRuns, workers }) => [buildId, [state, pinnedRuns, workers]] as const),
    );
  };
  return { client, taskQueue, startBuild, deploy, builds };
}

describe('deploy', () => {
  test('lets runs end on the build on which they began, and new ones begin on the promoted build', async (t) => {
    const { startBuild, deploy, builds } = await setUp(t);
    const v1 = await startBuild('v1');
    const waiting = await v1.start({ text: 'Hello' });
    const early = await deploy('status');
    assert.match(early.stdout, /^BUILD +STATE +SINCE +OPEN RUNS +WORKERS\nv1 +inactive /);
    assert.match(early.stderr, /No build is current, so new runs wait/);
    assert.equal((await v1.get(waiting.id)).status, 'queued', 'no eager start goes around the promotion');

    const first = await deploy('promote', 'v1', '--wait', '10s');
    assert.deepEqual([first.code, first.stdout], [0, 'new runs begin on v1\n'], first.stderr);
    assert.equal((await v1.get(waiting.id, 20)).output, 'answered by v1');
    const held = await v1.start({ text: HELD, callback_url: v1.callbackUrl });
    await waitFor('v1 to ask its agent', () => v1.model.calls.some(({ text }) => text === HELD));

    const v2 = await startBuild('v2');
    const before = await v2.start({ text: 'Hello' });
    assert.equal((await v2.get(before.id, 20)).output, 'answered by v1', 'the ingress of v2 starts it, v1 is current');
    assert.equal((await deploy('promote', 'v2', '--wait', '10s')).code, 0);
    const after = await v1.start({ text: 'Hello' });
    assert.equal((await v1.get(after.id, 20)).output, 'answered by v2');
    await waitFor('the list of Temporal', async () => (await builds())['v1']?.[1] === 1);
    assert.deepEqual(await builds(), { v2: ['current', 0, 1], v1: ['draining', 1, 1] });
    v1.letGo();
    assert.equal((await v2.get(held.id, 20)).output, 'answered by v1');
    await waitFor('the callback', () => v1.callbacks.length === 1);
    await waitFor('the last run of v1', async () => (await builds())['v1']?.[1] === 0);
    assert.match((await deploy('status')).stderr, /^v1 has no open run: its workers can be stopped\.$/m);
  });

  test('retires a build whose runs would go on for days', async (t) => {
    const { startBuild, deploy, builds } = await setUp(t);
    const v1 = await startBuild('v1');
    await deploy('promote', 'v1', '--wait', '10s');
    const held = await v1.start({ text: HELD });
    await waitFor('v1 to ask its agent', () => v1.model.calls.length === 1);
    const tooEarly = await deploy('retire', 'v1');
    assert.equal(tooEarly.code, 4);
    assert.match(tooEarly.stderr, /v1 is current: `deploy promote` another build first/);
    const v2 = await startBuild('v2');
    await deploy('promote', 'v2', '--wait', '10s');
    await waitFor('the list of Temporal', async () => (await builds())['v1']?.[1] === 1);
    assert.match((await deploy('retire', 'v1')).stdout, /^1 open run moves to the current build/);
    await waitFor('no run of v1', async () => (await builds())['v1']?.[1] === 0, 20_000);
    const drained = v1.stack.drain();
    v1.letGo();
    await drained;
    assert.equal((await v2.get(held.id, 20)).status, 'completed');
  });

  test('moves sessions to the current build, whose runs are where they began', async (t) => {
    const { client, startBuild, deploy } = await setUp(t);
    const v1 = await startBuild('v1');
    await deploy('promote', 'v1', '--wait', '10s');
    const sessionKey = v1.taskQueue;
    const held = await v1.start({ text: HELD, session_key: sessionKey });
    await waitFor('v1 to ask its agent', () => v1.model.calls.length === 1);
    const v2 = await startBuild('v2');
    await deploy('promote', 'v2', '--wait', '10s');
    const next = await v1.start({ text: 'Hello', session_key: sessionKey });
    v1.letGo();
    assert.equal((await v1.get(held.id, 20)).output, 'answered by v1');
    assert.equal((await v2.get(next.id, 20)).output, 'answered by v2');
    const sessions = client.workflow.list({ query: `WorkflowType = 'agentSession' AND TaskQueue = '${v1.taskQueue}'` });
    await waitFor('the session in the list', async () => {
      for await (const { searchAttributes } of sessions) {
        return String(searchAttributes['TemporalWorkflowVersioningBehavior']) === 'AutoUpgrade';
      }
      return false;
    });
  });

  test('gives the first promoted build the open runs of workers without a build', async (t) => {
    const { startBuild, deploy, builds } = await setUp(t);
    const unnamed = await startBuild('no build', {});
    const held = await unnamed.start({ text: HELD, callback_url: unnamed.callbackUrl });
    await waitFor('the agent to be asked', () => unnamed.model.calls.length === 1);
    const v1 = await startBuild('v1');
    await deploy('promote', 'v1', '--wait', '10s');
    const drained = unnamed.stack.drain();
    unnamed.letGo();
    await drained;
    assert.equal((await v1.get(held.id, 20)).output, 'answered by no build');
    await waitFor('the callback', () => unnamed.callbacks.length === 1);
    assert.equal((await builds())['v1']?.[0], 'current');
  });

  test('refuses builds that no worker has, and says what to do', async (t) => {
    const { startBuild, deploy } = await setUp(t);
    const none = await deploy('status');
    assert.equal(none.code, 4);
    assert.match(none.stderr, /No worker of the deployment "refuses-.*" has polled yet: set WORKER_BUILD_ID/);
    await startBuild('v1');
    await deploy('promote', 'v1', '--wait', '10s');
    const unknown = await deploy('promote', 'v9');
    assert.equal(unknown.code, 4);
    assert.match(
      unknown.stderr,
      /^error: v9 gets no new runs: start workers with this WORKER_BUILD_ID.*'v9' not found/,
    );
    const bad = await deploy('promote', "v1' OR 1");
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /is not a build id: use up to 100 letters/);
    const ramped = await deploy('promote', 'v1', '--percent', '100');
    assert.equal(ramped.code, 2);
  });
});
