/**
 * Resolves when `begin` calls what it is given, or when `signal` is aborted; never rejects.
 *
 * @param begin arms whatever ends the wait, and returns what disarms it
 */
export function until(signal: AbortSignal, begin: (end: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      disarm();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const disarm = begin(end);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}

/** Waits, or until `signal` is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return until(signal, (end) => {
    const timer = setTimeout(end, milliseconds);
    return () => clearTimeout(timer);
  });
}

/** What a promise settles with, or `late` when that takes longer; the promise is left to go on. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
