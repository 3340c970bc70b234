import type { Readable, Writable } from 'node:stream';
import type { ExitName } from './exit-codes.ts';

/** A stream that a person may be reading. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** All that a command touches of its process, so that tests can hand in their own. */
export interface CliIo {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Results alone. */
  readonly stdout: Output;
  /** Progress, hints and errors. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
  /** How the command ended; `ok` until it says otherwise. */
  exit: ExitName;
}

/** Whether to write colours and redrawn lines to a stream (https://no-color.org). */
export function isLively(stream: Output, env: CliIo['env']): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb' && !env['CI'];
}
