import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { addAbortSignal, type Readable, type Writable } from 'node:stream';
import pc from 'picocolors';
import { CliError, type ExitName } from './cli-error.ts';

/** An output stream, perhaps a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Everything that a command uses of its process, so that tests can pass their own. */
export interface CliIo {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Only results. */
  readonly stdout: Output;
  /** Progress, hints and errors. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** How the program was called, such as `npx garudust-temporal`, for command lines in hints. */
  readonly callName: string;
  /** Aborted by Ctrl-C, SIGTERM or SIGHUP. */
  readonly interrupted: AbortSignal;
  /** How the command ended; `ok` by default. */
  exit: ExitName;
}

/**
 * Whether to write colours and redrawn lines to a stream (https://no-color.org). A terminal of 0 columns, as CI and
 * containers have them, has no line to redraw: wrapping text to it never ends.
 */
export function isLively(stream: Output, env: CliIo['env']): boolean {
  return stream.isTTY === true && stream.columns !== 0 && !env['NO_COLOR'] && env['TERM'] !== 'dumb' && !env['CI'];
}

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for a stream; plain text when it is not a terminal. */
export function colorsFor(stream: Output, env: CliIo['env']): Colors {
  return pc.createColors(isLively(stream, env));
}

/**
 * The raw bytes of a file, or of stdin for `-`.
 *
 * @throws CliError when the file can't be read
 */
export async function readInput(name: string, io: CliIo): Promise<Buffer> {
  if (name !== '-') {
    return readFile(resolve(io.cwd, name)).catch((error: unknown) => {
      const code = (error as { code?: string }).code ?? 'unknown error';
      throw new CliError('usage', `${name} is not readable (${code}): give a file, or - for stdin.`, { cause: error });
    });
  }
  if (io.stdin.isTTY === true) io.stderr.write('Reading from the terminal; press Ctrl-D to finish.\n');
  const chunks: Buffer[] = [];
  for await (const chunk of addAbortSignal(io.interrupted, io.stdin)) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks);
}
