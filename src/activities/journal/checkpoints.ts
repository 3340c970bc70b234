import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type ActivityKey, keyOf } from './journal-entry.ts';

/** An activity that comes back after this is another worker's, or ended long ago. */
const KEPT_MS = 30 * 86_400_000;

/**
 * The last checkpoint of each running activity, in files beside the journal's entries. An entry belongs to an attempt; a checkpoint
 * belongs to the activity, because the next attempt reads it. Readers must check that it is not of a call that is over.
 */
export class Checkpoints {
  readonly #folder: string;

  /** @param folder of the journal */
  constructor(folder: string) {
    this.#folder = join(folder, 'checkpoints');
    this.#sweep();
  }

  /** Replaces the checkpoint. Resolves when it is synced to the disk; rejects when the disk fails. */
  async save(key: ActivityKey, checkpoint: unknown): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = this.#fileOf(key);
    const draft = `${file}.new`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(checkpoint));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  }

  /** @returns undefined when there is none, or it cannot be read */
  find(key: ActivityKey): unknown {
    try {
      return JSON.parse(readFileSync(this.#fileOf(key), 'utf8')) as unknown;
    } catch {
      return undefined;
    }
  }

  /** Never throws. */
  forget(key: ActivityKey): void {
    try {
      rmSync(this.#fileOf(key), { force: true });
    } catch {
      // It says which call it is of, so that nobody resumes one that is over.
    }
  }

  #fileOf(key: ActivityKey): string {
    return join(this.#folder, `${createHash('sha256').update(keyOf(key)).digest('hex').slice(0, 40)}.json`);
  }

  #sweep(): void {
    try {
      for (const name of readdirSync(this.#folder)) {
        const file = join(this.#folder, name);
        if (Date.now() - statSync(file).mtimeMs > KEPT_MS) rmSync(file, { force: true });
      }
    } catch {
      // There is no folder yet.
    }
  }
}
