import { basename, relative } from 'node:path';

/** The commands of the program, as `createProgram` has them: what follows the program's name where text shows a command line. */
export const COMMAND_NAMES = [
  ...['dev', 'demo', 'start', 'ingress', 'worker', 'build', 'deploy', 'setup', 'codec-server'],
  ...['send', 'runs', 'agents', 'schedules', 'sign', 'receive', 'sources', 'help'],
] as const;

/**
 * How this program was called, for hints that can be pasted: `npx garudust-temporal` below npm, `garudust-temporal` where it is on
 * the PATH, else Node with its script.
 *
 * @param process.script the path that Node was given
 */
export function findCallName(process: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly script: string | undefined;
  readonly cwd: string;
}): string {
  const { env, script = '', cwd } = process;
  // npm and npx set it, and pnpm and Yarn their user agent alone, which also means that a folder of binaries precedes the PATH.
  if (env['npm_command'] !== undefined || env['npm_config_user_agent'] !== undefined) return 'npx garudust-temporal';
  if (!/\.[cm]?[jt]s$/.test(script)) return 'garudust-temporal';
  const path = relative(cwd, script);
  const runner = script.endsWith('ts') ? 'npx tsx' : 'node';
  return `${runner} ${path.startsWith('..') ? script : path || basename(script)}`;
}

const COMMAND_LINE = new RegExp(`(?<![\\w/-]|npx )garudust-temporal(?= (?:${COMMAND_NAMES.join('|')}|--help)\\b)`, 'g');

/** A text with its command lines as this program was called. */
export function asCalled(text: string, { callName }: { readonly callName: string }): string {
  return text.replaceAll(COMMAND_LINE, callName);
}
