/** Every exit code of the program: one row a code. Help and docs show this table. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'Success; a run that was waited for completed.' },
  runFailed: { code: 1, meaning: 'The run failed.' },
  usage: { code: 2, meaning: 'The command or the configuration is invalid. Nothing was sent.' },
  unavailable: { code: 3, meaning: 'The server is unreachable, or asked the client to retry later.' },
  refused: { code: 4, meaning: 'The server refused the request, or is not a garudust-temporal server.' },
  runTimedOut: { code: 5, meaning: 'The run timed out.' },
  runCanceled: { code: 6, meaning: 'The run was canceled.' },
  stillRunning: { code: 7, meaning: '--timeout elapsed; the run continues.' },
  nothingStarted: { code: 8, meaning: 'The source ignores the event, or answers it as a handshake.' },
  internal: { code: 70, meaning: 'Internal error.' },
  interrupted: {
    code: 130,
    meaning: 'Interrupted by Ctrl-C, SIGTERM or SIGHUP. A run that was being followed continues.',
  },
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
