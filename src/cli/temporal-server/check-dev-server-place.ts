import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DEV_SERVER_HOST } from './dev-server-args.ts';
import { DevServerError } from './dev-server-error.ts';
import { listenOnce } from './free-port.ts';
import { type Holder, processHavingOpen, processListeningAt } from './process-holding.ts';

/**
 * Makes sure that a port can be listened at.
 *
 * @param label such as `Port`, first word of the error.
 * @throws DevServerError naming the port and, where it can be told, the process that has it.
 */
export async function checkPort(port: number, label: string): Promise<void> {
  try {
    await listenOnce(DEV_SERVER_HOST, port);
  } catch (error) {
    throw await portError(port, label, error);
  }
}

/** The error for a port that can't be had. */
export async function portError(port: number, label: string, cause: unknown): Promise<DevServerError> {
  const code = (cause as { code?: string } | undefined)?.code;
  if (code === 'EACCES') {
    return new DevServerError('PORT_IN_USE', `${label} ${port} may not be used by this user: choose one above 1023.`, {
      cause,
    });
  }
  const holder = await processListeningAt(port);
  const mend = holder ? `stop it (${killCommand(holder)}) or choose another port` : 'choose another port';
  const leftover = holder?.program === 'temporal' ? ', perhaps left from an earlier start' : '';
  return new DevServerError('PORT_IN_USE', `${label} ${port} is in use by ${nameOf(holder)}${leftover}: ${mend}.`, {
    cause,
  });
}

/**
 * Makes sure that a database file can be used, creating its folder: SQLite's own message for any of this is "out of
 * memory", and two dev servers on one file start without a word and then spoil each other's runs.
 *
 * @throws DevServerError naming the file and what stands in the way.
 */
export async function checkDatabaseFile(file: string): Promise<void> {
  const path = resolve(file);
  const refuse = (why: string, cause?: unknown): never => {
    throw new DevServerError('DATABASE', `The database file ${path} ${why}.`, { cause });
  };
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) =>
    refuse(`has no folder and none can be created (${codeOf(error)}): choose another place`, error),
  );
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile()) refuse('is not a file: choose another name');
  await access(found ? path : dirname(path), constants.R_OK | constants.W_OK).catch((error: unknown) =>
    refuse(`can't be written (${codeOf(error)}): correct its permissions or choose another place`, error),
  );
  const holder = found && (await processHavingOpen(path));
  if (holder) refuse(`is in use by ${nameOf(holder)}: stop it (${killCommand(holder)}) or choose another file`);
}

function nameOf(holder: Holder | undefined): string {
  return holder ? `${holder.program} (process ${holder.pid})` : 'another program';
}

function killCommand(holder: Holder): string {
  return process.platform === 'win32' ? `taskkill /PID ${holder.pid}` : `kill ${holder.pid}`;
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? 'unknown error';
}
