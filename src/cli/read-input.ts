import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { resolve } from 'node:path';
import { CliError } from './cli-error.ts';
import type { CliIo } from './cli-io.ts';

/**
 * The raw bytes of a file, or of stdin for `-`.
 *
 * @throws CliError when the file can't be read
 */
export async function readInput(name: string, io: CliIo): Promise<Buffer> {
  if (name !== '-') {
    return readFile(resolve(io.cwd, name)).catch((error: unknown) => {
      const code = (error as { code?: string }).code ?? 'unknown error';
      throw new CliError('usage', `${name} can't be read (${code}): give a file, or - for stdin.`, { cause: error });
    });
  }
  if (io.stdin.isTTY === true) io.stderr.write('Reading from the terminal; end it with Ctrl-D.\n');
  const chunks: Buffer[] = [];
  for await (const chunk of addAbortSignal(io.interrupted, io.stdin)) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks);
}
