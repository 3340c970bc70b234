import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { executableName, placeFile, userCacheDir } from '../../src/cli/temporal-server/cli-cache.ts';

/** A program that Go builds, from a package of a published module or of a folder of this repository. */
export interface GoProgram {
  /** What the file is called. */
  readonly name: string;
  /** Names the folder in the cache; the version is part of it, so that another one is built anew. */
  readonly key: string;
  /** `path/of/package@v1.2.3`, or `.` with `folder`. */
  readonly package: string;
  /** The module's folder, where it is one of ours. */
  readonly folder?: string;
}

/**
 * Builds a program with Go into the user's cache folder, unless it is there.
 *
 * @param onBuild called before a build, which takes from seconds to minutes
 * @returns its path
 * @throws GoMissingError without a Go toolchain; Error with the end of what Go said
 */
export async function buildGoProgram(program: GoProgram, onBuild: () => void = () => undefined): Promise<string> {
  const target = join(userCacheDir(process.env), program.key, executableName(program.name));
  if (existsSync(target)) return target;
  const run = (folder: string, args: readonly string[]): Promise<unknown> =>
    promisify(execFile)('go', args, {
      cwd: program.folder ?? folder,
      env: {
        ...process.env,
        HOME: process.env['HOME'] || homedir(),
        CGO_ENABLED: '0',
        GOWORK: 'off',
        GOFLAGS: '',
        GOBIN: folder,
      },
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: unknown) => {
      throw explain(error, program);
    });
  await placeFile(target, async (folder, name) => {
    await run(folder, ['version']);
    onBuild();
    const options = ['-trimpath', '-ldflags', '-s -w'];
    if (program.folder !== undefined) {
      await run(folder, ['build', ...options, '-buildvcs=false', '-o', join(folder, name), program.package]);
      return join(folder, name);
    }
    await run(folder, ['install', ...options, program.package]);
    return join(folder, executableName(program.package.replace(/@.*/, '').split('/').at(-1) ?? ''));
  });
  return target;
}

/** Thrown where there is no Go toolchain. */
export class GoMissingError extends Error {
  override readonly name = 'GoMissingError';
}

function explain(error: unknown, { name }: GoProgram): Error {
  const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
  if (code === 'ENOENT') return new GoMissingError('`go` is not on PATH (https://go.dev/dl)', { cause: error });
  const said = stderr.trim().split('\n').slice(-3).join(' | ');
  return new Error(`Go could not build ${name}: ${said || `exit code ${code}`}`, { cause: error });
}
