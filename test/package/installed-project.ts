import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

/** What `npm pack` reads. */
const PACKED_FROM = [
  'src',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'docs',
];

/** Programs as a person runs them: without what a surrounding `npm test` and `node --test` tell their children. */
const ENV = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|command|config_.*prefix)|NODE_TEST_CONTEXT$)/.test(name),
  ),
);

/** Strict, as a careful team's; libraries are not checked, because the SDK's own declarations need that with TypeScript 7. */
const TSCONFIG = {
  compilerOptions: {
    ...{ module: 'nodenext', target: 'es2022', types: ['node'], skipLibCheck: true },
    ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noImplicitOverride: true },
    ...{ noPropertyAccessFromIndexSignature: true, verbatimModuleSyntax: true, isolatedModules: true },
  },
};

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that goes on in a project's folder. */
export interface Running {
  readonly written: { text: string };
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
}

/**
 * Packs this project as `npm pack` does, from a copy, so that the `dist` of the working tree stays as it is.
 *
 * @returns the path of the tarball
 */
export async function pack(folder: string): Promise<string> {
  mkdirSync(folder);
  for (const name of PACKED_FROM) cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const { stdout } = await run(folder, 'npm', ['pack', '--silent']);
  return join(folder, stdout.trim().split('\n').at(-1) ?? '');
}

/** Makes an empty ES module project in a folder that does not exist. */
export function createProject(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
}

/** Runs a program to its end. */
export async function run(
  cwd: string,
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, env: { ...ENV, ...env } });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    return { code, stdout, stderr };
  }
}

/** Starts a program that goes on until the test ends; default: one of Node. */
export function start(
  t: TestContext,
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
  program = process.execPath,
): Running {
  const child = spawn(program, args, { cwd, env: { ...ENV, ...env } });
  const written = { text: '' };
  const note = (chunk: Buffer): void => void (written.text += chunk.toString());
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM');
    return ended;
  };
  t.after(stop);
  return { written, stop };
}

/** The blocks of a README section that name a file in their first line, by that name, and its `npm install` lines. */
export function readSection(heading: string): { files: Map<string, string>; installs: string[] } {
  const [, after = ''] = readFileSync('README.md', 'utf8').split(`## ${heading}\n`);
  const [section = ''] = after.split('\n## ');
  const files = new Map(
    [...section.matchAll(/```(?:ts|yaml)\n(?:\/\/|#) (\S+)\n(.*?)```/gs)].map(([, name = '', code = '']) => [
      name,
      code,
    ]),
  );
  return {
    files,
    installs: [...section.matchAll(/npm install ([^`\n]+)/g)].map(([, packages = '']) => packages.trim()),
  };
}
