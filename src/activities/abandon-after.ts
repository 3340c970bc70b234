/** A promise that never resolves, and how to stop it. */
export interface Abandonment {
  /** Rejects with the signal's reason, `ms` after the abort. */
  readonly promise: Promise<never>;
  stop(): void;
}

/** For a race against work that ought to end when aborted, but may not. */
export function abandonAfter(signal: AbortSignal, ms: number): Abandonment {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(signal.reason as Error), ms);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  return {
    promise,
    stop: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
