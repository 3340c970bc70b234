import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reportMissingTool } from './missing-tool.ts';
import { userCacheDir } from '../../src/cli/temporal-server/cli-cache.ts';

/** Programs of Python packages, in a virtual environment of their own. */
export interface PythonTool {
  /** Names the folder in the cache; the versions are part of it, so that others are installed anew. */
  readonly key: string;
  /** Pinned: `name==1.2.3`. */
  readonly packages: readonly string[];
}

const PYTHONS = ['python3', 'python'];

/** What pip says where no registry answers. */
const NO_REGISTRY = /from versions: none|NewConnectionError|ConnectTimeoutError|Max retries exceeded/;

/**
 * Installs Python packages into the user's cache folder, unless they are there. Without a Python of 3.10 or later, and without a
 * registry that answers, it reports a missing tool.
 *
 * @param whatIsNotChecked without these packages, for that report
 * @param onInstall called before an installation, which takes some seconds
 * @returns the folder with their programs; undefined when a tool is missing
 * @throws Error with the end of what pip said
 */
export async function installPythonTool(
  { key, packages }: PythonTool,
  whatIsNotChecked: string,
  onInstall: () => void = () => undefined,
): Promise<string | undefined> {
  const folder = join(userCacheDir(process.env), key);
  const programs = (place: string): string => join(place, process.platform === 'win32' ? 'Scripts' : 'bin');
  const done = join(folder, 'installed');
  if (existsSync(done)) return programs(folder);
  const python = await findPython();
  if (python === undefined) {
    reportMissingTool('Python 3.10', whatIsNotChecked);
    return undefined;
  }
  onInstall();
  // An environment can't be moved, so that the mark that it is complete comes last.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(python, ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', '--retries', '1', '--timeout', '15', 'install', '--quiet', ...packages];
  try {
    await run(join(programs(folder), 'python'), pip);
  } catch (error) {
    if (!NO_REGISTRY.test(String(error))) throw error;
    reportMissingTool('a registry of Python packages', whatIsNotChecked);
    return undefined;
  }
  const mark = `${done}-${process.pid}`;
  mkdirSync(mark);
  renameSync(mark, done);
  return programs(folder);
}

async function findPython(): Promise<string | undefined> {
  for (const name of PYTHONS) {
    try {
      await promisify(execFile)(name, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))']);
      return name;
    } catch {
      // Not there, too old, or without venv: the next one.
    }
  }
  return undefined;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, args, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error).slice(-2000);
    throw new Error(`${program} ${args.join(' ')} failed: ${said}`, { cause: error });
  }
}
