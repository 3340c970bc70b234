import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ChildEnvironment } from './child-environment.ts';
import { endGroupWithWorker, withDeathSignal } from './end-with-worker.ts';
import { findProgram } from './find-program.ts';
import { notRunnable, toStartFailure } from './start-failures.ts';

export interface ChildPlan {
  /** A path, or a name on the `PATH` of `env`. */
  readonly program: string;
  readonly args: readonly string[];
  /** Must be there. */
  readonly cwd: string;
  /** The whole environment. */
  readonly env: ChildEnvironment;
}

/** How a program ended. One of the two is null. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running program, at the head of a process group of its own. */
export interface Child {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The end of what it wrote as errors, to sort a failure by: it belongs in no message and no log. */
  errorText(): string;
  /** Called with its error output, which belongs in no message and no log. */
  onErrorOutput(listener: (chunk: Buffer) => void): void;
  /** Resolves when it and its group are gone and its output is read. Never rejects. */
  readonly ended: Promise<ChildExit>;
  /** Asks the group to end, and ends it 1.5 s later. Resolves with `ended`. */
  stop(): Promise<ChildExit>;
}

/** What a caller waits for an aborted call is limited to 2 s. */
const GRACE_MS = 1500;
/** How long the output of a program that has ended is waited for: something that it started may hold it open for ever. */
const LINGER_MS = 500;
const ERROR_TEXT_BYTES = 8192;

/**
 * Starts a program, never through a shell. When it ends, or this process does, the rest of its process group is killed.
 *
 * @throws AgentError `AgentMisconfigured` when it can't be run, `AgentUnreachable` when the system has no room for it, `TaskRefused` when
 *   its arguments are too long
 */
export async function startChild({ program, args, cwd, env }: ChildPlan): Promise<Child> {
  const found = findProgram(program, env['PATH']);
  if ('problem' in found) throw notRunnable(found.problem);
  const [file, all] = await withDeathSignal(found.path, args);
  const child = spawnOrThrow(file, all, { cwd, env });
  try {
    await new Promise((resolve, reject) => void child.once('spawn', resolve).once('error', reject));
  } catch (error) {
    throw toStartFailure(error);
  }
  const release = endGroupWithWorker(child);
  child.on('error', () => undefined);
  // A program need not read its input.
  child.stdin.on('error', () => undefined);
  child.stdout.on('error', () => undefined);
  let errorText = Buffer.alloc(0);
  child.stderr
    .on('error', () => undefined)
    .on('data', (chunk: Buffer) => {
      errorText = Buffer.concat([errorText, chunk]).subarray(-ERROR_TEXT_BYTES);
    });
  const ended = untilEnded(child).finally(release);
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    errorText: () => errorText.toString('utf8'),
    onErrorOutput: (listener) => void child.stderr.on('data', listener),
    ended,
    async stop() {
      signalGroup(child, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
      return ended.finally(() => clearTimeout(timer));
    },
  };
}

function spawnOrThrow(
  file: string,
  args: readonly string[],
  { cwd, env }: Pick<ChildPlan, 'cwd' | 'env'>,
): ChildProcessWithoutNullStreams {
  try {
    // A group of its own, so that what it starts can be ended with it.
    return spawn(file, args, {
      cwd,
      env: env satisfies ChildEnvironment,
      detached: true,
      stdio: 'pipe',
      windowsHide: true,
    });
  } catch (error) {
    throw toStartFailure(error);
  }
}

function untilEnded(child: ChildProcessWithoutNullStreams): Promise<ChildExit> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      timer = setTimeout(() => {
        signalGroup(child, 'SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
      }, LINGER_MS);
    });
    child.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(timer);
      signalGroup(child, 'SIGKILL');
      resolve({ code, signal });
    });
  });
}

function signalGroup({ pid }: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}
