import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { CliIo, Output } from '../../src/cli/cli-io.ts';
import { runProgram } from '../../src/cli/program.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliRun {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  /** Both outputs are terminals. */
  readonly tty?: boolean;
  /** Width of the terminals; 100 by default. */
  readonly columns?: number;
  readonly interrupted?: AbortSignal;
  /** How the program was called. */
  readonly callName?: string;
}

/** A command that goes on, with what it has written so far. */
export interface RunningCli {
  readonly written: { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<CliResult>;
}

/** Runs a command line inside this process. */
export function runCli(args: readonly string[], run: CliRun = {}): Promise<CliResult> {
  return startCli(args, run).ended;
}

/** Like `runCli`, for a command that has to be watched while it runs. */
export function startCli(args: readonly string[], run: CliRun = {}): RunningCli {
  const { io, written } = cliIo(run);
  return { written, ended: runProgram(args, io).then((code) => ({ code, ...written })) };
}

/** Streams of the test's own, and what is written to them. */
export function cliIo(run: CliRun): { io: CliIo; written: { stdout: string; stderr: string } } {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr'): Output => {
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        done();
      },
    });
    // What ora asks of a terminal.
    const { columns = 100 } = run;
    const terminal = { isTTY: true, columns, clearLine: () => true, cursorTo: () => true, moveCursor: () => true };
    return Object.assign(stream, run.tty === true ? terminal : {});
  };
  const io: CliIo = {
    stdin: Readable.from([Buffer.from(run.stdin ?? '')]),
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: run.env ?? {},
    cwd: run.cwd ?? tmpdir(),
    interrupted: run.interrupted ?? new AbortController().signal,
    callName: run.callName ?? 'garudust-temporal',
    exit: 'ok',
  };
  return { io, written };
}

/** By its address: a process in another folder would not find it by name. */
const TSX = import.meta.resolve('tsx');
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Runs a command line as a process of its own, at half a second a piece. */
export function spawnCli(
  args: readonly string[],
  run: Omit<CliRun, 'tty' | 'interrupted'> = {},
): RunningCli & { readonly pid: number | undefined; kill(signal: NodeJS.Signals): void } {
  const written = { stdout: '', stderr: '' };
  const child = spawn(process.execPath, ['--import', TSX, MAIN, ...args], {
    env: { PATH: process.env['PATH'], ...run.env },
    cwd: run.cwd ?? process.cwd(),
  });
  child.stdout.on('data', (chunk: Buffer) => void (written.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (written.stderr += chunk.toString()));
  child.stdin.on('error', () => undefined).end(run.stdin ?? '');
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...written }));
  return { written, ended, pid: child.pid, kill: (signal) => void child.kill(signal) };
}
