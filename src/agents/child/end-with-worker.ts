import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { childEnv } from '../../values/child-env.ts';

/** Waits at the pipe that the system closes when the worker is gone. Dash takes `--` after `-s` alone. */
const GUARD = 'read -r _; kill -s KILL -- "-$0"';

/**
 * Ends the process group of a child when this process is gone, also after `kill -9`: a shell of a few hundred kilobytes waits at a
 * pipe. The kernel's own signal, which `withDeathSignal` asks for, reaches the child alone, and not what the child has started.
 *
 * @returns ends the shell, for when the child has ended
 */
export function endGroupWithWorker({ pid }: ChildProcess): () => void {
  if (pid === undefined || process.platform === 'win32') return () => undefined;
  const guard = spawn('/bin/sh', ['-c', GUARD, String(pid)], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    env: childEnv(process.env),
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  // The pipe is a socket underneath, and must not keep this process alive.
  (guard.stdin as { unref?: () => void }).unref?.();
  return () => void guard.kill('SIGKILL');
}

let hasDeathSignal: Promise<boolean> | undefined;

/**
 * A command line under which the kernel kills the program when this process dies: `setpriv` of util-linux, which becomes the
 * program. Elsewhere, the command line as it is.
 */
export async function withDeathSignal(program: string, args: readonly string[]): Promise<[string, readonly string[]]> {
  hasDeathSignal ??= canSetDeathSignal();
  return (await hasDeathSignal) ? ['setpriv', ['--pdeathsig', 'KILL', '--', program, ...args]] : [program, args];
}

/** That of BusyBox has no such option. */
function canSetDeathSignal(): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(false);
  return new Promise((resolve) => {
    const args = ['--pdeathsig', 'KILL', '--', 'true'];
    execFile('setpriv', args, { env: childEnv(process.env) }, (error) => resolve(error === null));
  });
}
