import { execFile } from 'node:child_process';
import { copyFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Builds the sources into a folder of the test's own, as `npm run build` does into `dist`, where others may build at the
 * same time.
 *
 * @returns the path of the program
 * @throws Error with what the compiler says
 */
export async function buildDist(folder: string): Promise<string> {
  const dist = join(folder, 'dist');
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  await run(compiler, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', dist]);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  await run(process.execPath, [join(dist, 'worker', 'finish-build.js')]);
  return join(dist, 'cli', 'main.js');
}

async function run(program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { cwd: ROOT }).catch((error: Error & { stdout?: string }) => {
    throw new Error(`The sources could not be built:\n${error.stdout || error.message}`, { cause: error });
  });
}
