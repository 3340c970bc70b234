/** Every exit code of the program: one row a code. Help and docs show this table. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'It worked; a run that was waited for has completed.' },
  runFailed: { code: 1, meaning: 'The run failed.' },
  usage: { code: 2, meaning: 'The command or the configuration is wrong. Nothing was sent.' },
  unavailable: { code: 3, meaning: 'The server could not be reached, or asked to try again later.' },
  refused: { code: 4, meaning: 'The server refused the request, or is not one of these.' },
  runTimedOut: { code: 5, meaning: 'The run took too long and was ended.' },
  runCanceled: { code: 6, meaning: 'The run was canceled.' },
  stillRunning: { code: 7, meaning: 'The time given by --timeout is up and the run goes on.' },
  nothingStarted: { code: 8, meaning: 'The source would ignore the event, or answer it as a handshake.' },
  internal: { code: 70, meaning: 'A fault of this program.' },
  interrupted: { code: 130, meaning: 'Interrupted by Ctrl-C or SIGTERM. A run that was waited for goes on.' },
} as const satisfies Record<string, { readonly code: number; readonly meaning: string }>;

export type ExitName = keyof typeof EXIT_CODES;

/** Thrown when a command can't do its work. The message is one sentence for the person at the terminal. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
  }
}
