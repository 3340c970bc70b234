import { aborted } from '../timing/until.ts';
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
  await Promise.race([aborted(interrupted), until]);
  await stack.drain();
}
