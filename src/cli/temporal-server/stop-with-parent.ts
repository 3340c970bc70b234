import { type ChildProcess, spawn } from 'node:child_process';
import { childEnv } from '../../values/child-env.ts';

/**
 * Makes a child that was started detached end with this process, however this process ends.
 *
 * A detached child is spared the terminal's Ctrl-C, and would also outlive us after a `kill -9`. So a shell of a few
 * hundred kilobytes waits at a pipe that the system closes when we are gone, and then stops the child. On Windows only
 * an orderly end of this process is covered.
 */
export function stopWithParent(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  const kill = (): void => void child.kill('SIGTERM');
  process.once('exit', kill);
  const guard =
    process.platform === 'win32'
      ? undefined
      : spawn('/bin/sh', ['-c', 'read -r _; kill -TERM "$0"', String(pid)], {
          detached: true,
          stdio: ['pipe', 'ignore', 'ignore'],
          env: childEnv(process.env),
        });
  guard?.on('error', () => undefined);
  guard?.unref();
  // The pipe is a socket underneath, and must not keep this process alive.
  (guard?.stdin as { unref?: () => void } | null | undefined)?.unref?.();
  child.once('exit', () => {
    process.off('exit', kill);
    guard?.kill('SIGKILL');
  });
}
