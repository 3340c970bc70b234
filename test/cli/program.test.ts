import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { format, resolveConfig } from 'prettier';
import { EXIT_CODES } from '../../src/cli/cli-error.ts';
import { notesOf } from '../../src/cli/command-notes.ts';
import { createProgram } from '../../src/cli/program.ts';
import { renderCliDocs } from '../../src/cli/render-cli-docs.ts';
import { cliIo, runCli } from '../support/run-cli.ts';

const COMMANDS = ['send', 'runs get', 'runs wait', 'runs cancel', 'runs redeliver', 'sign', 'receive'];

describe('the command line', () => {
  test('shows its help, all of it, on stdout when asked and on stderr when nothing was asked', async () => {
    const asked = await runCli(['--help']);
    assert.deepEqual([asked.code, asked.stderr], [0, '']);
    for (const { code, meaning } of Object.values(EXIT_CODES)) {
      assert.ok(asked.stdout.includes(`\n  ${String(code).padEnd(3)}  ${meaning}\n`), meaning);
    }
    assert.deepEqual(await runCli([]), { code: 2, stdout: '', stderr: asked.stdout });
    assert.equal((await runCli(['runs'])).code, 2);
    assert.equal((await runCli(['help', 'send'])).stdout, (await runCli(['send', '--help'])).stdout);
  });

  test('breaks its help between words, at the width of the terminal', async () => {
    for (const { path } of leavesOf(createProgram(cliIo({}).io))) {
      const { stdout } = await runCli([...path.split(' '), '--help'], { tty: true, columns: 80 });
      const lines = stdout.split('\n');
      const tooLong = lines.filter((line, index) => line.length > 80 && !/^ {2}#/.test(lines[index - 1] ?? ''));
      assert.deepEqual(tooLong, [], path);
    }
  });

  test('shows no option that means nothing to its command, and takes it all the same', async () => {
    const foreign: Readonly<Record<string, RegExp>> = {
      worker: / --(?:host|port) </,
      ingress: / --(?:garudust-url|journal-dir) </,
    };
    for (const [name, options] of Object.entries(foreign)) {
      const { stdout } = await runCli([name, '--help']);
      assert.doesNotMatch(stdout, options);
      assert.match((await runCli(['start', '--help'])).stdout, options);
      assert.doesNotMatch(stdout, /--wait/);
    }
    const taken = await runCli(['worker', '--port', 'none', '--help']);
    assert.equal(taken.code, 0);
  });

  test('shows its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.deepEqual(await runCli(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('ends with 2 for what it does not understand, and says what was meant', async () => {
    assert.deepEqual(await runCli(['sned']), {
      code: 2,
      stdout: '',
      stderr: "error: unknown command 'sned'\n(Did you mean send?)\n(--help lists arguments and options)\n",
    });
    const tooMany = await runCli(['send', 'two', 'words']);
    assert.equal(tooMany.code, 2);
    assert.match(tooMany.stderr, /^error: too many arguments for 'send'/);
  });

  test('has for every command a purpose, an example, exit codes, and no default that would go before the environment', () => {
    const leaves = leavesOf(createProgram(cliIo({}).io));
    for (const name of COMMANDS)
      assert.ok(
        leaves.some(({ path }) => path === name),
        name,
      );
    for (const { path, command } of leaves) {
      const { examples = [], exits = [] } = notesOf(command);
      assert.ok(command.summary() !== '' && command.description() !== '', path);
      assert.ok(examples.length > 0 && exits.length > 0, path);
      for (const [line] of examples) assert.ok(line.includes(`garudust-temporal ${path}`), line);
      for (const option of command.options) {
        assert.equal(option.defaultValue, undefined, `${path} ${option.flags}`);
        assert.ok(option.description !== '', `${path} ${option.flags}`);
      }
    }
  });

  test('has one exit code a meaning', () => {
    const codes = Object.values(EXIT_CODES).map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
  });

  test('says in one line that a fault is its own', async () => {
    const faulty = new Proxy(
      {},
      {
        get: () => {
          throw new TypeError('no such thing');
        },
      },
    );
    assert.deepEqual(await runCli(['send', 'hi'], { env: faulty }), {
      code: 70,
      stdout: '',
      stderr: 'error: unexpected failure, please report it: no such thing\n',
    });
  });

  test('ends in silence when nobody reads on', async () => {
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    const line = `"${process.execPath}" --import tsx "${main}" --help | true`;
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line]);
    assert.deepEqual([stdout, stderr], ['', '']);
  });
});

describe('the page of the command line', () => {
  test('tells every command, option, variable and exit code, formatted as the docs are', async () => {
    const page = renderCliDocs();
    for (const { path, command } of leavesOf(createProgram(cliIo({}).io))) {
      assert.ok(page.includes(`\n## ${path}\n`), path);
      for (const { flags } of command.options) assert.ok(page.includes(`| \`${flags}\` `), flags);
    }
    const options = { ...(await resolveConfig('docs/cli.md')), parser: 'markdown' };
    assert.equal(page, await format(page, options));
  });
});

function leavesOf(command: Command, path = ''): { path: string; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((child) => leavesOf(child, `${path} ${child.name()}`.trim()));
}
