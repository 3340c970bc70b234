import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const TIMEOUT_MS = 15_000;

/**
 * Asks a Temporal CLI for its version, which also proves that it runs here.
 *
 * @returns such as `1.8.2`.
 * @throws Error whose message says in a few words why the file can't serve: it isn't there, it doesn't start, it is
 * something else.
 */
export async function readCliVersion(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: TIMEOUT_MS }).catch((error: unknown) => {
    throw new Error(whyNotRun(error), { cause: error });
  });
  const version = /^temporal version (\S+)/m.exec(stdout)?.[1];
  if (version === undefined) throw new Error('is not the Temporal CLI (`--version` does not say "temporal version")');
  return version;
}

function whyNotRun(error: unknown): string {
  const { code, killed, signal } = error as { code?: string | number; killed?: boolean; signal?: string };
  if (code === 'ENOENT') return 'is not there';
  if (code === 'EACCES') return 'may not be executed (is it a file, with execute permission?)';
  if (killed === true) return `did not answer \`--version\` within ${TIMEOUT_MS / 1000} s`;
  if (typeof code === 'number') return `failed at \`--version\` with exit code ${code}`;
  return `can't be run here (${code ?? signal ?? 'unknown error'})`;
}
