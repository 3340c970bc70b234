import { fork } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnv } from '../../values/child-env.ts';
import { placeFile } from './cli-cache.ts';

const CHILD = fileURLToPath(new URL(`download-by-sdk${extname(import.meta.url)}`, import.meta.url));

/** How long a download may take, in milliseconds. */
export interface DownloadPatience {
  readonly firstByteMs: number;
  readonly wholeMs: number;
}

const PATIENCE: DownloadPatience = { firstByteMs: 10_000, wholeMs: 5 * 60_000 };

/**
 * Downloads the pinned Temporal CLI the way the Temporal SDK does for its test environment (from
 * https://temporal.download). Where that host can't be reached this fails within a second, or after 10 s where the
 * network swallows packets.
 *
 * Runs in a process of its own: the SDK's runtime can be configured only once a process, and that once belongs to the
 * worker.
 *
 * @param target where the program is put.
 * @param env `HTTPS_PROXY` and `NO_PROXY` are honoured.
 * @throws Error with one line: what the SDK said, or that the host stays silent.
 */
export async function downloadTemporalCli(
  target: string,
  env: NodeJS.ProcessEnv,
  { firstByteMs, wholeMs }: DownloadPatience = PATIENCE,
): Promise<void> {
  await placeFile(target, async (folder) => {
    const child = fork(CHILD, [folder], {
      env: childEnv(env, { network: true }),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    let gaveUp = '';
    child.stderr?.on('data', (chunk: Buffer) => void (said = (said + chunk.toString()).slice(-2000)));
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const stopWatching = new AbortController();
    const giveUp = async (afterMs: number, unless: () => Promise<boolean>, why: string): Promise<void> => {
      await sleep(afterMs, undefined, { signal: stopWatching.signal, ref: false });
      if (await unless()) return;
      gaveUp = why;
      child.kill('SIGKILL');
    };
    const watches = Promise.allSettled([
      giveUp(
        firstByteMs,
        async () => (await readdir(folder)).length > 0,
        `https://temporal.download did not answer within ${firstByteMs / 1000} s`,
      ),
      giveUp(wholeMs, () => Promise.resolve(false), `took longer than ${wholeMs / 60_000} minutes`),
    ]);
    const code = await ended.finally(() => stopWatching.abort());
    await watches;
    if (gaveUp !== '') throw new Error(gaveUp);
    if (code !== 0) throw new Error(said.trim().split('\n').at(-1) || `failed with exit code ${code}`);
    const file = (await readdir(folder)).find((name) => !name.endsWith('.downloading'));
    if (file === undefined) throw new Error('the SDK wrote no file');
    return join(folder, file);
  });
}
