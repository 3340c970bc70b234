import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import {
  type DevServer,
  type DevServerOptions,
  startDevServer,
} from '../../src/cli/temporal-server/start-dev-server.ts';
import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/search-attributes.ts';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';

describe('the Temporal dev server', { concurrency: 2 }, () => {
  let cliPath = '';
  before(async () => {
    cliPath = (await findTemporalCli({ env: process.env })).path;
  });

  const start = async (t: TestContext, options: Omit<DevServerOptions, 'cliPath'> = {}): Promise<DevServer> => {
    const server = await startDevServer({ cliPath, ...options });
    t.after(() => server.stop());
    return server;
  };

  test('knows the search attributes and the namespace when it is ready, in an older database too', async (t) => {
    const databaseFile = join(await temporaryFolder(t), 'made', 'temporal.db');
    const first = await start(t, { databaseFile, headless: true });
    assert.deepEqual(await customAttributes(first), SEARCH_ATTRIBUTE_NAMES.toSorted());
    await first.stop();
    assert.equal((await first.exited).expected, true);

    const second = await start(t, {
      databaseFile,
      headless: true,
      namespace: 'other',
      extraSearchAttributes: ['Later'],
    });
    assert.equal(second.namespace, 'other');
    assert.deepEqual(await customAttributes(second), [...SEARCH_ATTRIBUTE_NAMES, 'Later'].toSorted());
  });

  test(
    'inherits no secret of this process, and nor does what guards it',
    { skip: process.platform !== 'linux' },
    async (t) => {
      process.env['CANARY_API_KEY'] = 'canary';
      t.after(() => delete process.env['CANARY_API_KEY']);
      const server = await start(t, { headless: true });
      const children = (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')).trim().split(' ');
      assert.ok(children.includes(String(server.pid)));
      for (const pid of children) {
        const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        assert.doesNotMatch(environ, /CANARY/, pid);
      }
      assert.match(await readFile(`/proc/${server.pid}/environ`, 'utf8'), /(^|\0)PATH=/);
    },
  );

  test('serves its UI on the port that was asked for', async (t) => {
    const uiPort = await freePort();
    const server = await start(t, { uiPort });
    assert.equal(server.uiUrl, `http://localhost:${uiPort}`);
    let throughUi = '';
    await until(async () => {
      const answer = await fetch(`${server.uiUrl}/api/v1/namespaces/default`);
      throughUi = await answer.text();
      return answer.ok;
    });
    assert.match(throughUi, /"name":\s*"default"/);
  });

  test('refuses a port in use and names it and who has it', async (t) => {
    const server = await start(t, { headless: true });
    const port = Number(server.address.split(':')[1]);
    await assert.rejects(start(t, { port }), {
      name: 'DevServerError',
      code: 'PORT_IN_USE',
      message: new RegExp(
        `^Port ${port} is in use by temporal \\(process ${server.pid}\\).* stop it .* another port\\.$`,
      ),
    });
    await assert.rejects(start(t, { uiPort: port }), { code: 'PORT_IN_USE', message: /^UI port \d+ is in use/ });
  });

  test('refuses a database file that another dev server has open', async (t) => {
    const databaseFile = join(await temporaryFolder(t), 'temporal.db');
    const server = await start(t, { databaseFile, headless: true });
    await assert.rejects(start(t, { databaseFile }), {
      code: 'DATABASE',
      message: `The database file ${databaseFile} is in use by temporal (process ${server.pid}): stop it (kill ${server.pid}) or choose another file.`,
    });
  });

  test('refuses a database file that can not be one, and says why', async (t) => {
    const folder = await temporaryFolder(t);
    const text = join(folder, 'notes.txt');
    await writeFile(
      text,
      'not a database, and long enough for SQLite to read a header from it, which takes 100 bytes....',
    );
    await assert.rejects(start(t, { databaseFile: folder }), { code: 'DATABASE', message: /is not a file/ });
    await assert.rejects(start(t, { databaseFile: join(text, 'x.db') }), {
      code: 'DATABASE',
      message: /has no folder/,
    });
    await assert.rejects(start(t, { databaseFile: text }), { code: 'DATABASE', message: /is not a SQLite database/ });
    assert.match(await readFile(text, 'utf8'), /^not a database/);
  });

  test('tells a crash from a stop, with what the server said', async (t) => {
    const logFile = join(await temporaryFolder(t), 'server.log');
    const server = await start(t, { headless: true, logFile });
    await until(async () => (await readFile(logFile, 'utf8')).includes('Temporal Server:'));
    process.kill(server.pid, 'SIGKILL');
    const exit = await server.exited;
    assert.equal(exit.expected, false);
    assert.equal(exit.signal, 'SIGKILL');
    assert.match(exit.output, /Temporal Server:/);
    await server.stop();
  });

  test('says what a CLI said that ends at once', async () => {
    await assert.rejects(startDevServer({ cliPath: '/bin/false' }), {
      code: 'FAILED',
      message: /^The Temporal dev server exited during startup \(exit code 1\)/,
    });
    await assert.rejects(startDevServer({ cliPath: '/nowhere/temporal' }), {
      code: 'FAILED',
      message: /could not be started/,
    });
  });

  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    test(`does not outlive a parent that ends by ${signal}`, async () => {
      const program = fileURLToPath(new URL('../support/start-dev-server-and-wait.ts', import.meta.url));
      const parent = spawn(process.execPath, ['--import', 'tsx', program, cliPath], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      assert.ok(isAlive(pid));
      parent.kill(signal);
      await until(() => !isAlive(pid));
    });
  }
});

async function customAttributes(server: DevServer): Promise<string[]> {
  const connection = await Connection.connect({ address: server.address });
  try {
    const listed = await connection.operatorService.listSearchAttributes({ namespace: server.namespace });
    return Object.keys(listed.customAttributes).toSorted();
  } finally {
    await connection.close();
  }
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'garudust-temporal-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`not within 20 s: ${holds.toString()}`);
    await sleep(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
