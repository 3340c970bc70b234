import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createProgress } from '../../src/cli/show/progress.ts';
import { startCliIngress } from '../support/cli-ingress.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { cliIo, runCli } from '../support/run-cli.ts';
import { waitFor } from '../support/wait-for.ts';

const TSX = import.meta.resolve('tsx');
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const DONE = { status: 'completed', terminal: true, output: 'All is well.' } as const;

/** Runs its arguments in a pseudo-terminal of 0 columns and repeats what they write, up to a limit. */
const IN_TERMINAL_OF_0_COLUMNS = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
written = 0
try:
    while written < 100000:
        some = os.read(terminal, 4096)
        if not some: break
        written += len(some)
        os.write(1, some)
    else:
        os.kill(pid, 9)
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
`;

/** Runs its arguments in a terminal that is closed as soon as they have written, and prints how they ended. */
const IN_TERMINAL_THAT_IS_CLOSED = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
os.read(terminal, 4096)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

test('a terminal that is closed ends the command as SIGHUP does, in order', async (t) => {
  const command = [process.execPath, '--import', TSX, MAIN, 'receive', '--port', '0'];
  const terminal = spawn('python3', ['-c', IN_TERMINAL_THAT_IS_CLOSED, ...command]);
  let output = '';
  terminal.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  const ended = await once(terminal, 'close').catch((error: Error) => error);
  if (ended instanceof Error) return missing(t, 'python3');
  // -1 is SIGHUP. Left to itself, Node aborts by SIGABRT or SIGSEGV where the terminal is gone.
  assert.equal(output, '-1\n');
});

describe('a terminal of 0 columns', () => {
  test('is shown help and plain lines of progress', async () => {
    const { io, written } = cliIo({ tty: true, columns: 0 });
    const progress = createProgress(boundWrites(io));
    progress.show('waiting');
    progress.show('waiting');
    progress.show('running');
    progress.stop();
    assert.equal(written.stderr, 'waiting\nrunning\n');
    const [narrow, wide] = await Promise.all([
      runCli(['send', '--help'], { tty: true, columns: 0, env: { NO_COLOR: '1' } }),
      runCli(['send', '--help'], { tty: true, env: { NO_COLOR: '1' } }),
    ]);
    assert.deepEqual(narrow, wide);
  });

  test('that had some when the progress began stops the spinner', (t) => {
    t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const { io, written } = cliIo({ tty: true });
    const progress = createProgress(boundWrites(io));
    progress.show('waiting');
    Object.assign(io.stderr, { columns: 0 });
    io.stderr.emit('resize');
    const shown = written.stderr;
    progress.show('running');
    t.mock.timers.tick(1000);
    assert.equal(written.stderr, shown);
    progress.stop();
    assert.equal(io.stderr.listenerCount('resize'), 0);
  });

  test('gets the outcome of a run', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const args = ['-c', IN_TERMINAL_OF_0_COLUMNS, process.execPath, '--import', TSX, MAIN, 'send', 'hi', '--wait'];
    const terminal = spawn('python3', args, { env: { PATH: process.env['PATH'], ...env } });
    let output = '';
    terminal.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()));
    const ended = once(terminal, 'close').catch((error: Error) => error);
    const started = await Promise.race([waitFor('the wait', () => ingress.runs.waiting === 1, 20_000), ended]);
    if (started instanceof Error) return missing(t, 'python3');
    ingress.runs.update(ingress.runs.started[0]?.runId ?? '', DONE);
    assert.deepEqual(await ended, [0, null], output.slice(-300));
    assert.match(output, /All is well\.\r\n$/);
    assert.ok(output.length < 10_000, `wrote ${output.length} characters`);
  });
});

describe('a stream that is closed', () => {
  for (const closed of ['stdin', 'stdout', 'stderr'] as const) {
    for (const how of ['before the start', 'while the command waits'] as const) {
      test(`${closed}, ${how}, ends the command or leaves it waiting`, async (t) => {
        const { ingress, env } = await startCliIngress(t);
        const redirect = { stdin: '<&-', stdout: '>&-', stderr: '2>&-' }[closed];
        const command = ['--import', TSX, MAIN, 'send', 'hi', '--wait'];
        const child = spawn(
          'sh',
          ['-c', `exec "$0" "$@" ${how === 'before the start' ? redirect : ''}`, process.execPath, ...command],
          {
            env: { PATH: process.env['PATH'], ...env },
          },
        );
        t.after(() => child.kill('SIGKILL'));
        let result = '';
        child.stdout.on('data', (chunk: Buffer) => void (result += chunk.toString()));
        const ended = once(child, 'close') as Promise<[number | null]>;
        await waitFor('the wait', () => ingress.runs.waiting === 1, 20_000);
        if (how === 'while the command waits') child[closed].destroy();
        const id = ingress.runs.started[0]?.runId ?? '';
        ingress.runs.update(id, { status: 'running', agent: { name: 'demo', attempt: 1, max_attempts: 3 } });
        await waitFor('the next wait', () => ingress.runs.waiting === 1, 20_000);
        ingress.runs.update(id, DONE);
        const [code] = await ended;
        assert.equal(code, 0);
        if (closed !== 'stdout') assert.equal(result, 'All is well.\n');
      });
    }
  }
});

/** A stream that refuses to be written to for ever, so that a loop ends the test. */
function boundWrites(io: ReturnType<typeof cliIo>['io']): typeof io {
  const write = io.stderr.write.bind(io.stderr);
  let writes = 0;
  io.stderr.write = (chunk: unknown): boolean => {
    if ((writes += 1) > 1000) throw new Error('writes for ever');
    return write(chunk);
  };
  return io;
}

function missing(t: TestContext, tool: string): void {
  reportMissingTool(tool, 'commands in a terminal of 0 columns');
  t.skip(`no ${tool}`);
}
