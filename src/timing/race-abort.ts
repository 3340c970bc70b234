import { onAbort } from './until.ts';

/**
 * Waits for work that should end when `signal` is aborted, but might not. The work itself continues.
 *
 * @param graceMs how long the work may take to end after the abort; 0 rejects immediately
 * @throws what the work throws; `signal.reason` when the grace is over
 */
export async function raceAbort<T>(work: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  const abandoned = new Promise<never>((_resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    stop = onAbort(signal, () => {
      if (graceMs === 0) giveUp();
      else timer = setTimeout(giveUp, graceMs);
    });
  });
  try {
    return await Promise.race([work, abandoned]);
  } finally {
    clearTimeout(timer);
    stop?.();
  }
}
