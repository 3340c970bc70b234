import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Setting } from './list-settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A variable whose value may be in a file: its value, or a sentence that says what is wrong, without the content. */
export type SecretVariable =
  | { readonly value: string | undefined; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string };

/** The variable that names a file with a secret, as Docker and Kubernetes mount it, in place of the secret itself. */
export function fileVariable(name: string): string {
  return `${name}_FILE`;
}

/**
 * Reads a variable, or the file that its `_FILE` variable names, without the newlines at its end. An empty variable counts as unset.
 *
 * @param cwd what relative paths are relative to
 */
export function readSecretVariable(env: Env, name: string, cwd: string): SecretVariable {
  const byFile = fileVariable(name);
  const [value, path] = [env[name] || undefined, env[byFile] || undefined];
  if (path === undefined) return { value };
  if (value !== undefined) return { problem: `${name} and ${byFile} are both set: remove one of them.` };
  let text: string;
  try {
    text = readFileSync(resolve(cwd, path), 'utf8').replace(/[\r\n]+$/, '');
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'unknown error';
    return { problem: `${byFile} names a file that can't be read (${code}): correct the path or its permissions.` };
  }
  if (text === '') return { problem: `${byFile} names an empty file: write the secret into it.` };
  if (!/[\r\n]/.test(text)) return { value: text };
  return { problem: `${byFile} names a file with several lines: write one line, and split several secrets by commas.` };
}

/** The environment with the secrets that are in files. */
export interface SecretFiles {
  readonly env: Env;
  /** The variables whose value was read from a file. */
  readonly inFiles: ReadonlySet<string>;
  /** What is wrong, by variable. */
  readonly problems: ReadonlyMap<string, string>;
}

/** Reads the files that the `_FILE` variables of secret settings name. */
export function readSecretFiles(env: Env, all: readonly Setting[], cwd: string): SecretFiles {
  const names = all.flatMap((setting) =>
    setting.secret === true ? [setting.env, setting.formerly?.env].filter((name) => name !== undefined) : [],
  );
  const given = [...new Set(names)].filter((name) => env[fileVariable(name)]);
  const read = given.map((name) => [name, readSecretVariable(env, name, cwd)] as const);
  return {
    env: { ...env, ...Object.fromEntries(read.map(([name, { value }]) => [name, value])) },
    inFiles: new Set(given),
    problems: new Map(read.flatMap(([name, { problem }]) => (problem === undefined ? [] : [[name, problem] as const]))),
  };
}
