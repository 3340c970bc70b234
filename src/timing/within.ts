/**
 * Waits for work up to a time limit. The work itself continues.
 *
 * @param onLate called when the time is up; the wait ends with what it returns or throws
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
