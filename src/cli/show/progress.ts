import ora from 'ora';
import { type CliIo, isLively } from '../cli-io.ts';
import { showDuration } from './show-time.ts';
import { toOneLine } from './terminal-text.ts';

const MAX_CHARACTERS = 200;

/** Progress on stderr while a command waits. */
export interface Progress {
  /** Shows the current step; repeating a text shows nothing new. */
  show(text: string): void;
  /** Clears it until something is shown again. */
  hide(): void;
  /** Clears it. */
  stop(): void;
}

/** A spinner with the time that has passed; one plain line for each new text outside a terminal. */
export function createProgress({ stderr, env }: Pick<CliIo, 'stderr' | 'env'>): Progress {
  if (!isLively(stderr, env)) {
    let last = '';
    return {
      show(text) {
        if (text !== last) stderr.write(`${toOneLine(text, MAX_CHARACTERS)}\n`);
        last = text;
      },
      hide: () => undefined,
      stop: () => undefined,
    };
  }
  const startedAt = performance.now();
  const spinner = ora({
    stream: stderr,
    isEnabled: true,
    // It would put the terminal into raw mode, where Ctrl-C is no signal.
    discardStdin: false,
    suffixText: () => `(${showDuration(performance.now() - startedAt)})`,
  });
  // The spinner would wrap its text to 0 columns for ever.
  const onResize = (): void => void (stderr.columns === 0 && spinner.stop());
  stderr.on('resize', onResize);
  return {
    show(text) {
      spinner.text = toOneLine(text, MAX_CHARACTERS);
      if (stderr.columns !== 0 && !spinner.isSpinning) spinner.start();
    },
    hide: () => void spinner.stop(),
    stop() {
      stderr.off('resize', onResize);
      spinner.stop();
    },
  };
}
