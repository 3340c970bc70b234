import type { ExitName } from './exit-codes.ts';

/** Thrown when a command can't do its work. The message is one sentence for the person at the terminal. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
  }
}
