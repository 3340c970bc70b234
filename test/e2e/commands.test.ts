import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { spawnCli } from '../support/run-cli.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const START_MS = 30_000;
const FREE_PORTS = ['--temporal-port', '0', '--temporal-ui-port', '0', '--port', '0', '--admin-port', '0'];
const CLI_PATH = process.env['TEMPORAL_CLI_PATH'];
/** A home of the test's own, so that nothing on this machine is found by accident but the CLI. */
const BASE_ENV = CLI_PATH === undefined ? { HOME: process.env['HOME'] ?? '' } : { TEMPORAL_CLI_PATH: CLI_PATH };

type Cli = ReturnType<typeof spawnCli>;

function spawnUntilEnd(t: TestContext, args: readonly string[], env: Record<string, string>, cwd: string): Cli {
  const cli = spawnCli(args, { env: { ...BASE_ENV, XDG_STATE_HOME: join(cwd, 'state'), ...env }, cwd });
  t.after(async () => {
    cli.kill('SIGKILL');
    await cli.ended;
  });
  return cli;
}

async function startDev(t: TestContext, cwd: string): Promise<Cli> {
  const dev = spawnUntilEnd(t, ['dev', ...FREE_PORTS], {}, cwd);
  await waitFor('dev to be ready', () => dev.written.stdout.includes('Ctrl-C stops everything.'), START_MS);
  return dev;
}

function processesIn(folder: string): Promise<string> {
  return promisify(execFile)('pgrep', ['-f', join(folder, '.garudust-temporal')])
    .then(({ stdout }) => stdout)
    .catch(() => '');
}

/** What other users may do anything with: the folder itself, and each file that says something of a run. */
function openToOthers(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name !== 'ingress-url');
  const paths = [folder, ...names.map((name) => join(folder, name))];
  return paths.filter((path) => (statSync(path).mode & 0o077) !== 0);
}

describe('dev', () => {
  test('prints a curl line that works as it is, keeps runs over a restart, and leaves no process', async (t) => {
    const folder = temporaryFolder(t);
    const dev = await startDev(t, folder);
    const curl = dev.written.stdout.split('\n').find((line) => line.startsWith('curl ')) ?? '';
    const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
    const { id } = JSON.parse(stdout) as { id: string };
    const waited = await spawnCli(['runs', 'wait', id], { env: BASE_ENV, cwd: folder }).ended;
    assert.equal(waited.code, 0, waited.stderr);
    assert.match(waited.stdout, /demo agent/);

    const sent = await spawnCli(['send', 'Say hello', '--wait'], { env: BASE_ENV, cwd: folder }).ended;
    assert.deepEqual([sent.code, /demo agent/.test(sent.stdout)], [0, true]);

    assert.notEqual(await processesIn(folder), '');
    dev.kill('SIGINT');
    assert.equal((await dev.ended).code, 0);
    assert.equal(await processesIn(folder), '');

    const own = join(folder, '.garudust-temporal');
    assert.deepEqual(openToOthers(own), []);
    // As earlier versions left it.
    chmodSync(own, 0o755);
    for (const name of ['temporal.db', 'temporal.log']) chmodSync(join(own, name), 0o644);
    await startDev(t, folder);
    assert.deepEqual(openToOthers(own), []);
    const again = await spawnCli(['runs', 'get', id, '--json'], { env: BASE_ENV, cwd: folder }).ended;
    assert.equal((JSON.parse(again.stdout) as { status: string }).status, 'completed');
  });

  test('a stop finishes what is in flight and says for how long it waits, also when its terminal is closed', async (t) => {
    const folder = temporaryFolder(t);
    const dev = await startDev(t, folder);
    const sent = await spawnCli(['send', 'demo: sleep 10s'], { env: BASE_ENV, cwd: folder }).ended;
    const id = /run-[a-z2-7]{26}/.exec(sent.stdout + sent.stderr)?.[0] ?? '';
    const statusOf = async (): Promise<string> => {
      const { stdout } = await spawnCli(['runs', 'get', id, '--json'], { env: BASE_ENV, cwd: folder }).ended;
      return (JSON.parse(stdout) as { status: string }).status;
    };
    while ((await statusOf()) === 'queued');
    // A shell repeats the terminal's own signal, and a supervisor sends SIGTERM beside it.
    dev.kill('SIGHUP');
    dev.kill('SIGHUP');
    dev.kill('SIGTERM');
    const { code, stderr } = await dev.ended;
    assert.equal(code, 0);
    assert.match(stderr, /^Stopping: waiting up to 25 s for 1 agent call or callback in flight\. /m);
    assert.equal(await processesIn(folder), '');
    await startDev(t, folder);
    assert.equal(await statusOf(), 'completed');
  });

  test('a port in use is one sentence that says which', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const port = String((taken.address() as { port: number }).port);
    for (const [flag, rest] of [
      ['--temporal-port', ['--temporal-ui-port', '0', '--port', '0', '--admin-port', '0']],
      ['--port', ['--temporal-port', '0', '--temporal-ui-port', '0', '--admin-port', '0']],
    ] as const) {
      const cli = spawnUntilEnd(t, ['dev', flag, port, ...rest], {}, temporaryFolder(t));
      const { code, stderr } = await cli.ended;
      assert.equal(code, 2, stderr);
      assert.match(stderr, new RegExp(`^error: .*${port} is in use.*$`, 'm'));
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  });

  test('all ports in use are told at once, each with its flag', async (t) => {
    const ports = await Promise.all(
      [0, 0, 0, 0].map(async () => {
        const taken = createServer().listen(0, '127.0.0.1');
        t.after(() => taken.close());
        await once(taken, 'listening');
        return String((taken.address() as { port: number }).port);
      }),
    );
    const flags = ['--port', '--admin-port', '--temporal-port', '--temporal-ui-port'];
    const args = flags.flatMap((flag, index) => [flag, ports[index] ?? '']);
    const { code, stderr } = await spawnUntilEnd(t, ['dev', ...args], {}, temporaryFolder(t)).ended;
    assert.equal(code, 2);
    const lines = stderr.trim().split('\n').slice(-4);
    for (const [index, flag] of flags.entries()) {
      assert.match(
        lines[index] ?? '',
        new RegExp(
          ` ${ports[index]} is in use by .*choose another with ${flag}\\.(?: If that is the Temporal server .*)?$`,
        ),
      );
    }
  });

  test('a second dev in the folder says where the first one runs, and leaves it alone', async (t) => {
    const folder = temporaryFolder(t);
    const dev = await startDev(t, folder);
    const second = await spawnUntilEnd(t, ['dev', ...FREE_PORTS], {}, folder).ended;
    assert.equal(second.code, 2);
    assert.match(second.stderr, /^error: `.*dev` runs already in this folder, at http:\/\/127\.0\.0\.1:\d+ /m);
    const sent = await spawnCli(['send', 'hello', '--wait'], { env: BASE_ENV, cwd: folder }).ended;
    assert.equal(sent.code, 0, sent.stderr);
    dev.kill('SIGKILL');
    await dev.ended;
    // What a killed one leaves behind stops nobody.
    await startDev(t, folder);
  });

  test('an address where no Temporal answers is one sentence', async (t) => {
    const cli = spawnUntilEnd(t, ['dev', ...FREE_PORTS], { TEMPORAL_ADDRESS: '127.0.0.1:1' }, temporaryFolder(t));
    const { code, stderr } = await cli.ended;
    assert.equal(code, 3);
    assert.match(stderr, /^error: No Temporal server answers at 127\.0\.0\.1:1: .*TEMPORAL_ADDRESS/m);
  });
});

test('demo takes one round trip and ends with 0', async (t) => {
  // Its receiver is on this machine, wherever callbacks of a production may go.
  const narrow = { GARUDUST_ALLOWED_CALLBACK_DOMAINS: 'ci.example.com', CALLBACK_PERMIT_NETWORKS: '10.0.0.0/8' };
  const cli = spawnUntilEnd(t, ['demo'], narrow, temporaryFolder(t));
  const { code, stdout, stderr } = await cli.ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"workflow_id": "run-[a-z2-7]{26}"/);
  assert.match(stdout, /signature valid/);
  assert.match(stdout, /callback +delivered/);
  assert.match(stdout, /Temporal UI +http:\/\/localhost:\d+\/namespaces\/default\/workflows\/run-/);
});

describe('the processes of a production', () => {
  test('start serves on the server that the environment names, and SIGTERM ends it with 0', async (t) => {
    const { address } = await connectToTestServer();
    const folder = temporaryFolder(t);
    const env = {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_TASK_QUEUE: uniqueTaskQueue(t),
      GARUDUST_WEBHOOK_SECRET: 'a-secret-of-the-test',
      RUNS_API_KEY: 'a-key-of-the-test',
    };
    const cli = spawnUntilEnd(t, ['start', '--port', '0', '--admin-port', '0', '--host', '127.0.0.1'], env, folder);
    await waitFor('start to listen', () => /"ingress":"http/.test(cli.written.stdout), START_MS);
    const url = /"ingress":"(http:[^"]+)"/.exec(cli.written.stdout)?.[1] ?? '';
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    cli.kill('SIGTERM');
    const { code, stdout } = await cli.ended;
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /a-secret-of-the-test|a-key-of-the-test/);
  });

  for (const command of ['start', 'ingress', 'worker']) {
    test(`SIGHUP drains ${command} as SIGTERM does`, async (t) => {
      const { address } = await connectToTestServer();
      const env = {
        TEMPORAL_ADDRESS: address,
        TEMPORAL_TASK_QUEUE: uniqueTaskQueue(t),
        GARUDUST_WEBHOOK_SECRET: 'a-secret-of-the-test',
      };
      const flags = ['--port', '0', '--admin-port', '0', '--host', '127.0.0.1'];
      const cli = spawnUntilEnd(t, [command, ...flags], env, temporaryFolder(t));
      await waitFor(`${command} to listen`, () => cli.written.stdout.includes('"listening"'), START_MS);
      cli.kill('SIGHUP');
      const { code, stdout } = await cli.ended;
      assert.equal(code, 0);
      assert.match(stdout, /"stopped"/);
    });
  }

  test('without a secret none starts, and everything that is wrong is said at once', async (t) => {
    const env = { PORT: 'eighty', CALLBACK_PERMIT_NETWORKS: '10.0.0.0/99' };
    const { code, stderr } = await spawnUntilEnd(t, ['start'], env, temporaryFolder(t)).ended;
    assert.equal(code, 2);
    for (const name of ['PORT', 'CALLBACK_PERMIT_NETWORKS', 'GARUDUST_WEBHOOK_SECRET']) {
      assert.match(stderr, new RegExp(name));
    }
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  test('with Temporal away they stay up, and say so', async (t) => {
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', GARUDUST_WEBHOOK_SECRET: 'a-secret-of-the-test' };
    const flags = ['--port', '0', '--admin-port', '0', '--host', '127.0.0.1', '--admin-host', '127.0.0.1'];
    const folder = temporaryFolder(t);
    const cli = spawnUntilEnd(t, ['start', ...flags], env, folder);
    await waitFor(
      'the log lines',
      () => /cannot reach Temporal[^]*"listening"|"listening"[^]*cannot reach Temporal/.test(cli.written.stdout),
      START_MS,
    );
    const admin = /"admin":"(http:[^"]+)"/.exec(cli.written.stdout)?.[1] ?? '';
    assert.equal((await fetch(`${admin}/healthz`)).status, 200);
    assert.equal((await fetch(`${admin}/readyz`)).status, 503);
    const journal = /"folder":"([^"]+)"[^\n]*the journal keeps finished answers/.exec(cli.written.stdout)?.[1] ?? '';
    assert.equal(dirname(journal), join(folder, 'state/garudust-temporal/journal'));
    cli.kill('SIGTERM');
    assert.equal((await cli.ended).code, 0);
  });
});

test('the README names only scripts that exist', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
  assert.deepEqual(
    named.filter((name) => !(name in scripts)),
    [],
  );
});
