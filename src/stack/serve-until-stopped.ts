import { aborted } from '../timing/until.ts';
import type { InFlight, RunningStack } from './start-stack.ts';

export interface ServeOptions {
  /** Is given one line that says what the drain waits for, and for how long; nothing when nothing is in flight. */
  readonly tell: (line: string) => void;
  /** Resolves when the stack can no longer work, such as when the dev server has died. */
  readonly until?: Promise<unknown>;
}

/** Waits for `interrupted` or `until`, then drains the stack. */
export async function serveUntilStopped(
  stack: Pick<RunningStack, 'drain' | 'inFlight'>,
  interrupted: AbortSignal,
  { tell, until = new Promise(() => undefined) }: ServeOptions,
): Promise<void> {
  await Promise.race([aborted(interrupted), until]);
  const line = whatIsWaitedFor(stack.inFlight());
  if (interrupted.aborted && line !== undefined) tell(line);
  await stack.drain();
}

function whatIsWaitedFor({ activities, graceMs }: InFlight): string | undefined {
  if (activities === 0) return undefined;
  const what = activities === 1 ? '1 agent call or callback' : `${activities} agent calls and callbacks`;
  return `Stopping: waiting up to ${graceMs / 1000} s for ${what} in flight. A second Ctrl-C or SIGTERM stops at once; what is unfinished then goes on with the next worker.`;
}
