/**
 * What somebody gets who installs the package: packed, installed in an empty project, its README compiled under strict
 * TypeScript and run.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { startCallbackReceiver, type ReceivedCallback } from '../../src/cli/callback-receiver.ts';
import { isFailureType } from '../../src/contract/failures.ts';
import { runResource } from '../../src/protocol/run-resource.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { installPythonTool } from '../support/python-tool.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { createProject, pack, readSection, run, start } from './installed-project.ts';

const SECRET = 'the-secret-of-the-packed-project';
const API_KEY = 'the-key-of-the-packed-project';
const CLI = 'node_modules/garudust-temporal/dist/cli/main.js';
const READY_MS = 30_000;

/** Programs around the README's code, which a team would write for itself. */
const PROGRAMS = {
  'own-worker.ts': `
    import { readFile } from 'node:fs/promises';
    import { NativeConnection, Worker } from '@temporalio/worker';
    import { plugin } from './without-settings.js';
    const [taskQueue = '', bundle] = process.argv.slice(2);
    const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
    const worker = await Worker.create({
      connection,
      taskQueue,
      plugins: [plugin],
      ...(bundle !== undefined && { workflowBundle: { code: await readFile(bundle, 'utf8') } }),
    });
    await worker.run();
    await connection.close();`,
  'plain-worker.ts': `
    import { fileURLToPath } from 'node:url';
    import { NativeConnection, Worker } from '@temporalio/worker';
    const [taskQueue = ''] = process.argv.slice(2);
    const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
    const workflowsPath = fileURLToPath(new URL('cautious.js', import.meta.url));
    const worker = await Worker.create({ connection, taskQueue, workflowsPath });
    await worker.run();
    await connection.close();`,
  'replay.ts': `
    import { readFile } from 'node:fs/promises';
    import { fileURLToPath } from 'node:url';
    import { Worker } from '@temporalio/worker';
    import { GarudustPlugin } from 'garudust-temporal';
    const workflowsPath = fileURLToPath(new URL('workflows.js', import.meta.url));
    const history: unknown = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8'));
    await Worker.runReplayHistory({ workflowsPath, plugins: [new GarudustPlugin()] }, history);
    console.log('replayed');`,
};

test('the package does what its README says of workflows of your own', { timeout: 560_000 }, async (t) => {
  const { files, installs } = readSection('Workflows of your own');
  const folder = realpathSync(temporaryFolder(t));
  const project = join(folder, 'project');
  const write = (name: string, text: string): void => writeFileSync(join(project, name), text);
  const server = await connectToTestServer();
  const garudust = await startFakeGarudust({ apiKey: undefined });
  t.after(() => garudust.close());
  const env = {
    TEMPORAL_ADDRESS: server.address,
    GARUDUST_WEBHOOK_SECRET: SECRET,
    GARUDUST_URL: garudust.url,
    RUNS_API_KEY: API_KEY,
    CALLBACK_PERMIT_NETWORKS: '127.0.0.0/8',
    XDG_STATE_HOME: join(folder, 'state'),
  };

  const tarball = await pack(join(folder, 'packed'));
  createProject(project);
  const packages = installs
    .flatMap((line) => line.split(' '))
    .map((name) => (name === 'garudust-temporal' ? tarball : name));
  const installed = await run(project, 'npm', [
    ...['install', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'],
    ...[...packages, 'typescript@7.0.2', '@types/node@20.19.43'],
  ]);
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/.test(installed.stderr)) {
    reportMissingTool('npm registry', 'the packed package in an empty project');
    return;
  }
  assert.equal(installed.code, 0, installed.stderr);

  await t.test('it installs without a deprecated or conflicting package, and without test tools', async () => {
    // npm 11 lists install scripts that nobody has reviewed, ours only because the tarball is a file.
    assert.doesNotMatch(installed.stderr, /npm warn (?!install-scripts)/);
    assert.equal((await run(project, 'npm', ['ls', '--all'])).code, 0);
    assert.ok(!existsSync(join(project, 'node_modules/@temporalio/testing')));
  });

  await t.test('its bundle names no path of the machine that built it', () => {
    const bundle = readFileSync(join(project, 'node_modules/garudust-temporal/dist/workflow-bundle.js'), 'utf8');
    const map = Buffer.from(bundle.slice(bundle.lastIndexOf('base64,') + 'base64,'.length), 'base64').toString();
    for (const text of [bundle, map]) assert.ok(!text.includes(folder));
  });

  await t.test('its README compiles under strict TypeScript', async () => {
    for (const [name, code] of [...files, ...Object.entries(PROGRAMS)]) write(name, code);
    const { code, stdout } = await run(project, 'node_modules/.bin/tsc', []);
    assert.equal(code, 0, stdout);
    assert.deepEqual([...files.keys()].toSorted(), [
      'build-bundle.ts',
      'cautious.ts',
      'garudust-temporal.yaml',
      'my-plugin.ts',
      'without-settings.ts',
      'worker.ts',
      'workflows.ts',
    ]);
  });

  await t.test('the whole SDK shares one protobufjs, and a history replays from JSON', async () => {
    const sdk = join(project, 'node_modules/@temporalio');
    const copies = readdirSync(sdk).flatMap((name) => {
      const manifest = join(sdk, name, 'package.json');
      const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies?: object };
      return 'protobufjs' in dependencies ? [createRequire(manifest).resolve('protobufjs')] : [];
    });
    assert.ok(copies.length > 1);
    assert.deepEqual(
      [...new Set(copies)].map((path) => relative(project, path)),
      ['node_modules/protobufjs/index.js'],
    );
    const history = resolve('test/replay/histories/agent-failed.json');
    const { stdout, stderr } = await run(project, process.execPath, ['replay.js', history]);
    assert.match(stdout, /replayed/, stderr);
  });

  const worker = start(t, project, ['worker.js'], env);
  const execute = (type: string, taskQueue: string, args: unknown[]): Promise<unknown> =>
    server.client.workflow.execute(type, { workflowId: `${type}-${randomUUID()}`, taskQueue, args });

  await t.test('a worker runs your workflows, with agents and a callback', async () => {
    const callbacks: ReceivedCallback[] = [];
    const receiver = await startCallbackReceiver({
      ...{ port: 0, failFirst: 0, status: 204, delayMs: 0, secrets: () => [SECRET] },
      onCallback: (callback) => callbacks.push(callback),
    });
    t.after(() => receiver.close());
    const notes = await execute('releaseNotes', 'garudust', ['- Start twice as fast', `${receiver.url}notes`]);
    assert.match(
      String(notes),
      /^echo: Write release notes\.\n\nNoticed: echo: Which of these changes will users notice/,
    );
    assert.deepEqual(
      callbacks.map(({ signature, body }) => [signature, body?.text]),
      [['good', notes]],
    );
  });

  await t.test('and the tasks of webhooks that an ingress of its queue takes', async () => {
    const ingress = start(t, project, [CLI, 'ingress', '--port', '0', '--admin-port', '0', '--host', '127.0.0.1'], env);
    const listening = (): string | undefined => /"ingress":"([^"]+)"/.exec(ingress.written.text)?.[1];
    await waitFor('the ingress', () => listening() !== undefined, READY_MS);
    const body = JSON.stringify({ text: 'Hello' });
    const accepted = await fetch(`${listening()}/webhook`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...hubHeaders(SECRET, body) },
      body,
    });
    assert.equal(accepted.status, 202);
    const { id } = (await accepted.json()) as { id: string };
    const headers = { Authorization: `Bearer ${API_KEY}` };
    const answer = await fetch(`${listening()}/v1/runs/${id}?wait=30`, { headers });
    const { status, output } = runResource.parse(await answer.json());
    assert.deepEqual([status, output], ['completed', 'echo: Hello']);
    assert.equal(await ingress.stop(), 0);
  });

  await t.test(
    'a worker without the plugin leaves its agents to another queue, and learns what a failure means',
    async () => {
      const taskQueue = uniqueTaskQueue(t);
      const plain = start(t, project, ['plain-worker.js', taskQueue], env);
      assert.equal(await execute('cautious', taskQueue, ['Be careful']), 'echo: Be careful');
      garudust.model.on('Fail', { kind: 'status', status: 500, body: 'broken' });
      const code = await execute('cautious', taskQueue, ['Fail']);
      assert.ok(typeof code === 'string' && isFailureType(code), String(code));
      assert.equal(await plain.stop(), 0);
    },
  );

  await t.test('a settings file brings workflows by a plugin', async () => {
    write('with-plugin.yaml', `${files.get('garudust-temporal.yaml') ?? ''}worker:\n  plugins: ['./my-plugin.js']\n`);
    const taskQueue = uniqueTaskQueue(t);
    const args = ['worker', '--config', 'with-plugin.yaml', '--task-queue', taskQueue, '--admin-port', '0'];
    const own = start(t, project, [CLI, ...args], env);
    assert.equal(await execute('cautious', taskQueue, ['Hello']), 'echo: Hello', own.written.text);
    assert.equal(await own.stop(), 0);
    write('missing-plugin.yaml', `${files.get('garudust-temporal.yaml') ?? ''}worker:\n  plugins: ['./absent.js']\n`);
    const refused = await run(project, process.execPath, [CLI, 'worker', '--config', 'missing-plugin.yaml'], env);
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /^error: worker\.plugins: cannot load \.\/absent\.js: Cannot find module .*absent\.js/,
    );
  });

  await t.test('an answer beyond what Temporal takes goes by a folder', async () => {
    const settings = `${files.get('garudust-temporal.yaml') ?? ''}  large: { type: demo, max_answer_bytes: 8MiB }
default_agent: large
payloads: { storage: ./payloads }
`;
    write('stored.yaml', settings);
    const args = ['start', '--config', 'stored.yaml', '--task-queue', uniqueTaskQueue(t), '--host', '127.0.0.1'];
    const own = start(t, project, [CLI, ...args, '--port', '0', '--admin-port', '0'], { ...env, JOURNAL_DIR: 'none' });
    const listening = (): string | undefined => /"ingress":"([^"]+)"/.exec(own.written.text)?.[1];
    await waitFor('the ingress', () => listening() !== undefined, READY_MS);
    const headers = { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ text: 'demo: size 3MB' });
    const sent = await fetch(`${listening()}/v1/runs`, { method: 'POST', headers, body });
    const { id } = (await sent.json()) as { id: string };
    const answer = await fetch(`${listening()}/v1/runs/${id}?wait=60`, { headers });
    const { status, output } = runResource.parse(await answer.json());
    assert.deepEqual([status, output?.length], ['completed', 3_000_000], own.written.text);
    assert.equal(await own.stop(), 0);
  });

  await t.test('agents come without a settings file, and a prebuilt bundle holds all workflows', async () => {
    const built = await run(project, process.execPath, ['build-bundle.js']);
    assert.equal(built.code, 0, built.stderr);
    const taskQueue = uniqueTaskQueue(t);
    const own = start(t, project, ['own-worker.js', taskQueue, 'workflow-bundle.js'], env);
    const agentRun = (agent: string): Promise<unknown> =>
      execute('agentRun', taskQueue, [
        { ...{ task: { text: 'Hi' }, client: 'default', source: 'webhook', agent }, agentPolicy: POLICY },
      ]);
    assert.deepEqual(await agentRun('echo'), { output: 'Hi' });
    assert.match(JSON.stringify(await agentRun('demo')), /Hi/);
    assert.equal(await own.stop(), 0);
    write('foreign-bundle.js', 'exports.importWorkflows = () => ({})');
    const refused = await run(project, process.execPath, ['own-worker.js', taskQueue, 'foreign-bundle.js'], env);
    assert.match(refused.stderr, /The workflowBundle does not contain the workflows of garudust-temporal/);
  });

  await t.test('the example runs three tasks of an agent', async () => {
    cpSync('examples/release-notes', join(project, 'release-notes'), { recursive: true });
    const tsx = ['--import', import.meta.resolve('tsx')];
    const example = start(t, project, [...tsx, 'release-notes/worker.ts'], env);
    const args = [...tsx, 'release-notes/start.ts', '1.4.0', 'Drop Node 18'];
    const { stdout, stderr } = await run(project, process.execPath, args, env);
    assert.match(stdout, /begins "Write release notes for 1\.4\.0\."/, stderr);
    const { events } = await server.client.workflow.getHandle('release-notes-1.4.0').fetchHistory();
    assert.equal(events?.filter((event) => event.activityTaskCompletedEventAttributes).length, 3);
    assert.equal(await example.stop(), 0);
  });

  await t.test('the chains of the examples run, and so do their own tests', async () => {
    cpSync('examples/chains', join(project, 'chains'), { recursive: true });
    const compiled = await run(project, 'node_modules/.bin/tsc', ['--noEmit']);
    assert.equal(compiled.code, 0, compiled.stdout);
    const tsx = ['--import', import.meta.resolve('tsx')];
    const chains = start(t, project, [...tsx, 'chains/worker.ts'], env);
    const outputs = {
      twoSteps: /begins "Make it funnier:"/,
      panel: /Answer as the (?:optimist|sceptic|lawyer): queues/,
      untilGood: /queues/,
    };
    const ended = Object.entries(outputs).map(async ([workflow, output]) => {
      const { stdout, stderr } = await run(project, process.execPath, [...tsx, 'chains/start.ts', workflow], env);
      assert.match(stdout, output, `${workflow}: ${stderr}`);
    });
    await Promise.all(ended);
    const reports: ReceivedCallback[] = [];
    const receiver = await startCallbackReceiver({
      ...{ port: 0, failFirst: 0, status: 204, delayMs: 0, secrets: () => ['change me'] },
      onCallback: (report) => reports.push(report),
    });
    t.after(() => receiver.close());
    for (const _ of ['makes', 'changes']) {
      const made = await run(project, process.execPath, [...tsx, 'chains/schedule.ts', receiver.url], env);
      assert.match(made.stdout, /^next report: \d{4}-/, made.stderr);
    }
    t.after(() => server.client.schedule.getHandle('nightly-report').delete());
    await waitFor('the report', () => reports.length > 0, READY_MS);
    assert.deepEqual([reports[0]?.signature, reports[0]?.body?.status], ['good', 'completed']);
    assert.equal(await chains.stop(), 0);
    const tested = await run(project, process.execPath, [...tsx, '--test', 'chains/chains.test.ts'], env);
    assert.equal(tested.code, 0, tested.stdout);
    assert.match(tested.stdout, /^(?:ℹ|#) pass 5$/m);
  });

  await t.test('a workflow in Python gives our agents tasks by name', async (python) => {
    const tools = await installPythonTool(
      { key: 'temporalio-1.35.0', packages: ['temporalio==1.35.0'] },
      'that a workflow in Python can give our agents tasks',
    );
    if (tools === undefined) return;
    const here = resolve('examples/python-worker');
    assert.equal(readFileSync(join(here, 'requirements.txt'), 'utf8').trim(), 'temporalio==1.35.0');
    const theirs = start(python, here, ['worker.py'], { ...env, PYTHONDONTWRITEBYTECODE: '1' }, join(tools, 'python'));
    const twoSteps = (topic: string) => run(here, join(tools, 'python'), ['-B', 'start.py', 'writer', topic], env);
    const { stdout, stderr } = await twoSteps('queues');
    assert.equal(stdout, 'echo: Make it funnier:\necho: Write a haiku about queues.\n', stderr + theirs.written.text);
    garudust.model.on('Make it funnier:\necho: Write a haiku about faults.', {
      kind: 'status',
      status: 500,
      body: 'broken',
    });
    const failed = await twoSteps('faults');
    const [, type = ''] = /\(not revised: (\w+)\)$/m.exec(failed.stdout) ?? [];
    assert.ok(isFailureType(type), failed.stdout + failed.stderr);
  });

  await t.test('the workflow of the example is built, and a run of it is started and answered', async () => {
    cpSync('examples/triage', join(project, 'triage'), { recursive: true });
    const compiled = await run(project, 'node_modules/.bin/tsc', ['--noEmit']);
    assert.equal(compiled.code, 0, compiled.stdout);
    const settings = ['--config', 'triage/garudust-temporal.yaml'];
    const bin = 'node_modules/.bin/garudust-temporal';
    const built = await run(project, bin, ['build', ...settings, '--out', 'triage/bundle.js']);
    assert.match(built.stdout, /triage\/bundle\.js \(\d\.\d MB\) with triage\./, built.stderr);
    const own = {
      ...env,
      ...{ TICKETS_SECRET: 'x'.repeat(40), GARUDUST_WEBHOOK_SECRET: 'y'.repeat(40), RUNS_API_KEY: 'z'.repeat(40) },
      ...{ TEMPORAL_TASK_QUEUE: uniqueTaskQueue(t), WORKFLOW_BUNDLE: 'bundle.js', JOURNAL_DIR: 'none' },
      ...{ PORT: '0', HOST: '127.0.0.1', ADMIN_PORT: '0', ADMIN_HOST: '127.0.0.1', LOG_FORMAT: 'json' },
    };
    const served = start(t, project, [CLI, 'start', ...settings], own);
    const listening = (): string | undefined => /"ingress":"([^"]+)"/.exec(served.written.text)?.[1];
    await waitFor('the ingress', () => listening() !== undefined, READY_MS);
    const url = listening() ?? '';
    const send = ['send', '--url', url, '--workflow', 'triage', '--wait', '--input'];
    const ended = await run(project, bin, [...send, '{"ticket": "7", "text": "It crashes."}'], own);
    assert.match(ended.stdout, /^\{"ticket":7,"kind":"/, ended.stderr + served.written.text);
    const refused = await run(project, bin, [...send, '{"ticket": "seven", "text": "It crashes."}'], own);
    assert.match(refused.stderr, /input\.ticket/);
    assert.equal(await served.stop(), 0);
  });

  assert.equal(await worker.stop(), 0, 'SIGTERM drains the worker');
});

const POLICY = {
  ...{ attemptTimeoutMs: 10_000, totalTimeoutMs: 60_000, heartbeatTimeoutMs: 10_000 },
  ...{ maxAttempts: 1, maxAnswerBytes: 10_000 },
};
