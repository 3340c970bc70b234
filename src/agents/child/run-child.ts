import { onAbort } from '../../timing/until.ts';
import { type Child, type ChildExit, type ChildPlan, startChild } from './start-child.ts';

export interface ChildRun extends ChildPlan {
  /** Written to its standard input, which is then closed. */
  readonly input: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** It is ended when it writes nothing for so long, in milliseconds. Default: never. */
  readonly silenceMs?: number | undefined;
  /** Called once it runs. */
  onStarted?(): void;
  /** Called with its output. Returns false when it is to be ended, because there is too much. */
  onOutput(chunk: Buffer): boolean;
  /** Called with its error output. Returns false when it is to be ended. */
  onErrorOutput?(chunk: Buffer): boolean;
}

/** How a run of a program ended. */
export interface ChildResult extends ChildExit {
  /** Why this side ended it; absent when it ended by itself. */
  readonly stopped?: 'silence' | 'output' | 'errors';
  /** The end of its error output, to sort a failure by: it belongs in no message and no log. */
  readonly errorText: string;
}

/**
 * Runs a program to its end.
 *
 * @throws AgentError as `startChild`; `signal.reason` when aborted, once the program is gone
 */
export async function runChild(run: ChildRun): Promise<ChildResult> {
  const { signal, silenceMs, input } = run;
  signal.throwIfAborted();
  const child = await startChild(run);
  let stopped: ChildResult['stopped'];
  const stop = (why?: ChildResult['stopped']): void => {
    stopped ??= why;
    void child.stop();
  };
  const watch = silenceMs === undefined ? undefined : watchSilence(child, silenceMs, () => stop('silence'));
  const stopListening = onAbort(signal, () => stop());
  child.stdout.on('data', (chunk: Buffer) => {
    if (stopped === undefined && !run.onOutput(chunk)) stop('output');
  });
  child.onErrorOutput((chunk) => {
    if (stopped === undefined && run.onErrorOutput?.(chunk) === false) stop('errors');
  });
  child.stdin.end(input);
  run.onStarted?.();
  try {
    const exit = await child.ended;
    signal.throwIfAborted();
    return { ...exit, ...(stopped !== undefined && { stopped }), errorText: child.errorText() };
  } finally {
    watch?.();
    stopListening();
  }
}

/** @returns ends the watch */
export function watchSilence(child: Child, silenceMs: number, onSilence: () => void): () => void {
  const timer = setTimeout(onSilence, silenceMs);
  const heard = (): void => void timer.refresh();
  child.stdout.on('data', heard);
  child.onErrorOutput(heard);
  void child.ended.finally(() => clearTimeout(timer));
  return () => clearTimeout(timer);
}
