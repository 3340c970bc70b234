import type { CliIo } from '../cli/cli-io.ts';
import type { RunningStack } from './start-stack.ts';

/**
 * Keeps a process going until Ctrl-C, SIGTERM or `until`, then drains it.
 *
 * @param until resolves when there is no point in going on, such as when the dev server has died
 */
export async function serveUntilStopped(
  stack: Pick<RunningStack, 'drain'>,
  { interrupted }: Pick<CliIo, 'interrupted'>,
  until: Promise<unknown> = new Promise(() => undefined),
): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve();
    interrupted.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([asked, until]);
  await stack.drain();
}
