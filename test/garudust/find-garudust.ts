import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { executableName, placeFile, userCacheDir } from '../../src/cli/temporal-server/cli-cache.ts';

/** The Garudust that the facts of this project were read from. */
export const GARUDUST_VERSION = '0.13.8';

const NAME = executableName('garudust-server');
const HEARTBEAT_MS = 30_000;

/**
 * Finds `garudust-server`: `GARUDUST_SERVER_PATH`, else the one in the user's cache folder, else built by cargo (4 to 7
 * minutes on two cores), stripped and put there.
 *
 * @param say told what takes time, and every half minute how long it has taken.
 * @returns its path
 * @throws CargoMissingError without cargo; Error with the end of what cargo said, or naming the path that is not there
 */
export async function findGarudust(env: NodeJS.ProcessEnv, say: (text: string) => void): Promise<string> {
  const given = env['GARUDUST_SERVER_PATH'];
  if (given !== undefined && given !== '') {
    if (!existsSync(given)) throw new Error(`GARUDUST_SERVER_PATH is ${given}, and no file is there.`);
    return given;
  }
  const target = join(userCacheDir(env), `garudust-server-${GARUDUST_VERSION}`, NAME);
  if (existsSync(target)) return target;
  await placeFile(target, async (folder, name) => {
    await build(folder, env, say);
    const built = join(folder, 'bin', NAME);
    const stripped = join(folder, name);
    // A debug build is 640 MB, most of it symbols. Where there is no strip it does as it is.
    if (!(await run('strip', ['-o', stripped, built], env)).ok) await copyFile(built, stripped);
    return stripped;
  });
  return target;
}

/** Thrown where there is no Rust toolchain. */
export class CargoMissingError extends Error {
  override readonly name = 'CargoMissingError';
}

async function build(root: string, env: NodeJS.ProcessEnv, say: (text: string) => void): Promise<void> {
  if (!(await run('cargo', ['--version'], env)).ok) {
    throw new CargoMissingError('`cargo` is not on PATH (https://rustup.rs)');
  }
  say(`building garudust-server ${GARUDUST_VERSION} with cargo: 4 to 7 minutes on two cores, once`);
  const startedAt = Date.now();
  const heartbeat = setInterval(() => {
    say(`cargo still builds, ${Math.round((Date.now() - startedAt) / 1000)} s so far`);
  }, HEARTBEAT_MS);
  try {
    // Without --locked a dependency wants a newer Rust. Debug: half the time, and fast enough for tests.
    const args = ['install', 'garudust-server', '--version', GARUDUST_VERSION, '--locked', '--debug', '--root', root];
    const { ok, end } = await run('cargo', args, env);
    if (!ok) throw new Error(`cargo could not build garudust-server ${GARUDUST_VERSION}: ${end}`);
  } finally {
    clearInterval(heartbeat);
  }
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ ok: boolean; end: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-4000)));
    child.once('error', ({ message }) => resolve({ ok: false, end: message }));
    child.once('close', (code) => {
      resolve({ ok: code === 0, end: said.trim().split('\n').slice(-5).join(' | ') });
    });
  });
}
