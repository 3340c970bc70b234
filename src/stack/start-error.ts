import { JournalLockedError } from '../activities/journal/lock-folder.ts';
import { ConfigError } from '../config/config-error.ts';
import { ListenError } from '../ingress/http/serve.ts';

/**
 * Thrown when a process can't start with what it was given. The message says what is wrong and how to fix it.
 *
 * @example
 * try {
 *   await Worker.create({ connection, taskQueue, plugins: [new GarudustPlugin({ config: './garudust-temporal.yaml' })] });
 * } catch (error) {
 *   if (error instanceof StartError) console.error(error.message);
 *   else throw error;
 * }
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The error as a `StartError`, if whoever starts the process can fix its cause; any other error unchanged. */
export function toStartError(error: unknown): unknown {
  const fixable = [ConfigError, ListenError, JournalLockedError].some((kind) => error instanceof kind);
  return fixable && error instanceof Error ? new StartError(error.message, { cause: error }) : error;
}
