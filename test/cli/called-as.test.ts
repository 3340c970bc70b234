import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { asCalled, COMMAND_NAMES, findCallName } from '../../src/cli/called-as.ts';
import { createProgram } from '../../src/cli/program.ts';
import { cliIo, runCli } from '../support/run-cli.ts';

describe('the name that the program was called by', () => {
  const cwd = '/home/ada/shop';
  const cases: [string, Record<string, string>, string | undefined, string][] = [
    ['npx', { npm_command: 'exec' }, '/home/ada/shop/node_modules/.bin/garudust-temporal', 'npx garudust-temporal'],
    ['npm start', { npm_command: 'run-script' }, '/home/ada/shop/dist/cli/main.js', 'npx garudust-temporal'],
    ['pnpm', { npm_config_user_agent: 'pnpm/9' }, '/x/main.js', 'npx garudust-temporal'],
    ['a global installation', {}, '/usr/local/bin/garudust-temporal', 'garudust-temporal'],
    ['a script', {}, '/home/ada/shop/dist/cli/main.js', 'node dist/cli/main.js'],
    ['a source', {}, '/home/ada/shop/src/cli/main.ts', 'npx tsx src/cli/main.ts'],
    ['a script elsewhere', {}, '/app/dist/cli/main.js', 'node /app/dist/cli/main.js'],
  ];
  for (const [name, env, script, expected] of cases) {
    test(name, () => assert.equal(findCallName({ env, script, cwd }), expected));
  }

  test('stands in command lines and nowhere else', () => {
    const io = { callName: 'npx garudust-temporal' };
    assert.equal(asCalled('where `garudust-temporal dev` runs', io), 'where `npx garudust-temporal dev` runs');
    for (const text of [
      'npx garudust-temporal send',
      'a garudust-temporal server',
      'x/garudust-temporal send',
      'garudust-temporal.yaml',
    ]) {
      assert.equal(asCalled(text, io), text);
    }
  });

  test('stands before every command of the program', () => {
    const names = createProgram(cliIo({}).io).commands.map((command) => command.name());
    assert.deepEqual([...COMMAND_NAMES].toSorted(), [...names, 'help'].toSorted());
  });

  test('is what help, errors and hints show', async () => {
    const run = { callName: 'npx garudust-temporal' };
    const help = await runCli(['send', '--help'], run);
    assert.match(help.stdout, /^Usage: npx garudust-temporal send /);
    assert.match(help.stdout, /\n {2}npx garudust-temporal send "Summarise/);
    assert.doesNotMatch(help.stdout, /(?<!npx )garudust-temporal send/);
    const refused = await runCli(['runs', 'get', `run-${'a'.repeat(26)}`], run);
    assert.match(refused.stderr, /No API key found: .*`npx garudust-temporal dev`/);
  });
});

test('an old Node gets one sentence', async () => {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const start = async (version: string): Promise<{ code?: number; stderr: string }> => {
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
    const flags = ['--import', 'tsx', '--import', `data:text/javascript,${encodeURIComponent(pretend)}`];
    return promisify(execFile)(process.execPath, [...flags, main, '--version']).catch(
      (error: { code: number; stderr: string }) => error,
    );
  };
  for (const old of ['18.20.4', '20.18.3']) {
    const { code, stderr } = await start(old);
    assert.equal(code, 2);
    assert.match(
      stderr,
      new RegExp(`^error: garudust-temporal needs Node 20.19 or later, and this is Node ${old}: .*\n$`),
    );
  }
  for (const fine of ['20.19.0', '22.0.0']) assert.equal((await start(fine)).stderr, '');
});
