import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { portError } from '../temporal-server/check-dev-server-place.ts';
import { listenOnce } from '../temporal-server/free-port.ts';

const ANSWER_WITHIN_MS = 2000;

/**
 * Makes sure that no other `dev` runs in this folder: both would use one database.
 *
 * @param urlFile where a running `dev` keeps the address of its ingress; one that was killed leaves it behind
 * @throws CliError that says where the other one is
 */
export async function checkNotRunning(urlFile: string): Promise<void> {
  const url = readUrl(urlFile);
  if (url === undefined || !(await isHealthy(url))) return;
  throw new CliError(
    'usage',
    `\`garudust-temporal dev\` runs already in this folder, at ${url} (its page leads to the Temporal UI): use it, or stop it with Ctrl-C.`,
  );
}

function readUrl(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return URL.canParse(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return z.object({ status: z.literal('ok') }).safeParse(await response.json()).success;
  } catch {
    return false;
  }
}

/** A port that `dev` is about to listen at. */
export interface WantedPort {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** What listens there, such as `the ingress`. */
  readonly what: string;
  /** The flag that sets it. */
  readonly flag: string;
  /** A sentence for when the port is taken. */
  readonly hint?: string;
}

/**
 * Makes sure that every port is free, before anything starts.
 *
 * @throws CliError that names each port that is not, who holds it, and the flag that chooses another
 */
export async function checkPorts(wanted: readonly WantedPort[]): Promise<void> {
  const found = await Promise.all(wanted.map(findFault));
  const faults = found.filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new CliError('usage', faults.join('\n'));
}

async function findFault({ host, port, what, flag, hint }: WantedPort): Promise<string | undefined> {
  if (port === 0) return undefined;
  try {
    await listenOnce(host, port);
    return undefined;
  } catch (error) {
    const code = (error as { code?: string }).code;
    // What else may be wrong with an address is told by what listens there.
    if (code !== 'EADDRINUSE' && code !== 'EACCES') return undefined;
    const { message } = await portError(port, `The port of ${what},`, error, flag);
    return hint === undefined ? message : `${message} ${hint}`;
  }
}
