import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import type { CliIo } from './cli-io.ts';
import { DEFAULT_URL, DEV_URL_FILE } from './environment.ts';

/** Adds `--url`. Only the help shows the default: commander's own would override the environment. */
export function addUrlOption(command: Command): Command {
  return command.option('--url <url>', `address of the server (default: GARUDUST_TEMPORAL_URL, else ${DEFAULT_URL})`);
}

/**
 * The server to talk to: the flag, else `GARUDUST_TEMPORAL_URL`, else a `dev` that runs in this folder, else the default.
 *
 * @returns without a slash at the end
 * @throws CliError when it is no address of a server
 */
export function readServerUrl(flag: string | undefined, { env, cwd }: Pick<CliIo, 'env' | 'cwd'>): string {
  const fromEnv = env['GARUDUST_TEMPORAL_URL'] || undefined;
  const text = flag ?? fromEnv ?? readDevUrl(cwd) ?? DEFAULT_URL;
  const name = flag === undefined ? 'GARUDUST_TEMPORAL_URL' : '--url';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new CliError(
      'usage',
      `${name} ${JSON.stringify(text)} is not an http(s) URL: write it like http://host:8080.`,
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new CliError(
      'usage',
      `${name} may only have a scheme, host, port and path: remove user, query and fragment.`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

function readDevUrl(cwd: string): string | undefined {
  try {
    return readFileSync(resolve(cwd, DEV_URL_FILE), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
