import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Lets `make` write a file into a folder of its own beside the target and renames the result into place, so that
 * two processes that do so at once don't harm each other and nobody ever sees half a file.
 *
 * @param make is given that folder and the target's file name, and returns the path of the finished file.
 * @throws what `make` throws; nothing is left behind then.
 */
export async function placeFile(
  target: string,
  make: (folder: string, name: string) => Promise<string>,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(join(dirname(target), '.making-'));
  try {
    await rename(await make(folder, basename(target)), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
