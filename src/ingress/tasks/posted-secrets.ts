import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IngressLogger } from '../middleware/access-log.ts';

/** A secret that a sender has posted for a person to read. */
export interface PostedSecret {
  readonly secret: string;
  readonly postedAt: Date;
}

/** Anyone can post something that looks like a secret: a few of each source are kept. */
const MAX_KEPT = 10;

/** The secrets that senders have posted, in files that only the user of this process can read. Each is handed out once. */
export class PostedSecrets {
  readonly #folder: string;

  /** @param stateDir the folder for state of this user */
  constructor(stateDir: string) {
    this.#folder = join(stateDir, 'posted-secrets');
  }

  /**
   * Keeps a secret until it is taken.
   *
   * @returns whether it is kept by this call: false for one that is kept already, and where there are too many
   * @throws Error of the file system
   */
  async keep(source: string, secret: string): Promise<boolean> {
    const folder = join(this.#folder, source);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const kept = await readdir(folder);
    const name = createHash('sha256').update(secret).digest('hex').slice(0, 32);
    if (kept.includes(name) || kept.length >= MAX_KEPT) return false;
    await writeFile(join(folder, name), secret, { mode: 0o600 });
    return true;
  }

  /** Hands out what a source's sender has posted, latest first, and forgets it. */
  async take(source: string): Promise<readonly PostedSecret[]> {
    const folder = join(this.#folder, source);
    const names = await readdir(folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    const taken = await Promise.all(
      names.map(async (name) => {
        const file = join(folder, name);
        const [secret, { mtime }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
        await rm(file);
        return { secret, postedAt: mtime };
      }),
    );
    return taken.toSorted((one, other) => other.postedAt.getTime() - one.postedAt.getTime());
  }
}

/**
 * Makes the function that keeps a secret which a sender posts. The log tells that one came and how to read it, never what it is.
 *
 * It rejects where it can't be kept, so that the sender does not take a webhook for set up whose secret nobody knows.
 */
export function createKeepSecret(
  secrets: Pick<PostedSecrets, 'keep'>,
  logger: Pick<IngressLogger, 'info'>,
): (source: string, secret: string) => Promise<void> {
  return async (source, secret) => {
    const isNew = await secrets.keep(source, secret).catch((error: unknown) => {
      const what = `The secret that the sender of ${source} posted can't be kept`;
      const fix = 'set XDG_STATE_HOME to a folder that this process can write, and create the webhook again';
      throw new Error(`${what}: ${fix}.`, { cause: error });
    });
    if (!isNew) return;
    const how = `run \`garudust-temporal sources secret ${source}\` here`;
    logger.info({ source }, `the sender of ${source} posted its secret: ${how}, which shows it once`);
  };
}
