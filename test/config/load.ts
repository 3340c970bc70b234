import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { DEFAULT_FILE, type LoadedConfig, loadConfig, type LoadOptions } from '../../src/config/load-config.ts';

export const SECRET = 'a-secret-of-the-tests';

export type LoadInput = Partial<Omit<LoadOptions, 'file' | 'cwd'>> & {
  /** Text of `garudust-temporal.yaml`. */
  readonly yaml?: string;
  readonly cwd?: string;
};

/** Loads in production, from an empty folder unless told otherwise, and with a secret unless `env` or `yaml` is given. */
export function load({ yaml, cwd, ...options }: LoadInput = {}): LoadedConfig {
  const folder = cwd ?? mkdtempSync(join(tmpdir(), 'garudust-temporal-config-'));
  try {
    if (yaml !== undefined) writeFileSync(join(folder, DEFAULT_FILE), yaml);
    const env = yaml === undefined ? { GARUDUST_WEBHOOK_SECRET: SECRET } : {};
    return loadConfig({ mode: 'production', env, ...options, cwd: folder });
  } finally {
    if (cwd === undefined) rmSync(folder, { recursive: true });
  }
}

/** The lines of the error that a bad configuration gives. */
export function refusal(input: LoadInput): readonly string[] {
  try {
    load(input);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ line }) => line);
    throw error;
  }
  throw new Error('It was accepted.');
}

/** A folder that is gone when the test ends. */
export function temporaryFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}
