import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEFAULT_FILE, FILE_VARIABLE } from '../../config/load-config.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Stands in for the variables that a settings file takes from the environment and that are not set. Most are secrets,
 * which nobody has at hand where a source is tried out, and nothing is signed or verified there.
 *
 * @returns the environment with a text for each of them
 */
export function fillVariables({
  flags,
  env,
  cwd,
}: {
  readonly flags: { readonly config?: string };
  readonly env: Env;
  readonly cwd: string;
}): Env {
  const text = readText(resolve(cwd, flags.config ?? (env[FILE_VARIABLE] || DEFAULT_FILE)));
  const missing = [...text.matchAll(/\$\{([A-Za-z_]\w*)\}/g)].flatMap(([, name]) =>
    name === undefined || env[name] !== undefined ? [] : [[name, `stand-in-for-${name}`]],
  );
  return { ...env, ...(Object.fromEntries(missing) as Env) };
}

/** A file that can't be read is told about by whoever reads it next. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
