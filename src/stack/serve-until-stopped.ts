import type { RunningStack } from './start-stack.ts';

/**
 * Waits for `interrupted` or `until`, then drains the stack.
 *
 * @param until resolves when the stack can no longer work, such as when the dev server has died
 */
export async function serveUntilStopped(
  stack: Pick<RunningStack, 'drain'>,
  interrupted: AbortSignal,
  until: Promise<unknown> = new Promise(() => undefined),
): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve();
    interrupted.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([asked, until]);
  await stack.drain();
}
