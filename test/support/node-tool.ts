import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { userCacheDir } from '../../src/cli/temporal-server/cli-cache.ts';
import { reportMissingTool } from './missing-tool.ts';

/** Packages of npm that can't be development dependencies here, in a folder of their own. */
export interface NodeTool {
  /** Names the folder in the cache; the versions are part of it, so that others are installed anew. */
  readonly key: string;
  /** Pinned: `name@1.2.3`. */
  readonly packages: readonly string[];
}

/** What npm says where no registry answers. */
const NO_REGISTRY = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED/;

/**
 * Installs packages into the user's cache folder, unless they are there. Without a registry that answers it reports a missing tool.
 *
 * @param whatIsNotChecked without these packages, for that report
 * @returns their `node_modules`; undefined when they are missing
 * @throws Error with the end of what npm said
 */
export async function installNodeTool(
  { key, packages }: NodeTool,
  whatIsNotChecked: string,
): Promise<string | undefined> {
  const target = join(userCacheDir(process.env), key);
  if (existsSync(target)) return join(target, 'node_modules');
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(`${target}-`);
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1', '--prefer-offline'];
  try {
    await promisify(execFile)('npm', ['install', '--prefix', folder, ...options, ...packages], { cwd: folder });
    renameSync(folder, target);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    // Another test run has just installed it.
    if (existsSync(target)) return join(target, 'node_modules');
    const said = String((error as { stderr?: unknown }).stderr ?? error).slice(-2000);
    if (!NO_REGISTRY.test(said)) throw new Error(`npm install ${packages.join(' ')} failed: ${said}`, { cause: error });
    reportMissingTool('a registry of npm packages', whatIsNotChecked);
    return undefined;
  }
  return join(target, 'node_modules');
}
