/**
 * Waits for work, but not longer than that. The work itself goes on.
 *
 * @param onLate returns or throws what the wait ends with when the time is up
 * @throws what the work throws, and what `onLate` throws
 */
export async function within<T, L>(milliseconds: number, work: Promise<T>, onLate: () => L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), milliseconds);
  });
  try {
    const first = await Promise.race([work, late]);
    return first === LATE ? onLate() : first;
  } finally {
    clearTimeout(timer);
  }
}

const LATE = Symbol('late');
