import { execFile } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { childEnv } from '../../values/child-env.ts';
import { buildTemporalCli } from './build-temporal-cli.ts';
import { cachedCliPath, executableName, userCacheDir } from './cli-cache.ts';
import { downloadTemporalCli } from './download-temporal-cli.ts';

export type CliOrigin = 'TEMPORAL_CLI_PATH' | 'path' | 'cache' | 'download' | 'build';

/** Something that takes time; `expectedSeconds` is its usual upper end. */
export interface CliProgress {
  readonly message: string;
  readonly expectedSeconds?: number;
}

export type OnCliProgress = (progress: CliProgress) => void;

export interface FoundCli {
  readonly path: string;
  readonly how: CliOrigin;
  /** Such as `1.8.2`. */
  readonly version: string;
}

/** The steps that leave this process; tests put their own in place. Each throws an Error that says why it failed. */
export interface CliSteps {
  readonly readVersion: (path: string) => Promise<string>;
  /** Puts the CLI at `target`. */
  readonly download: (target: string, env: NodeJS.ProcessEnv) => Promise<void>;
  /** Puts the CLI at `target`. */
  readonly build: (target: string, env: NodeJS.ProcessEnv) => Promise<void>;
}

const STEPS: CliSteps = { readVersion: readCliVersion, download: downloadTemporalCli, build: buildTemporalCli };

const LABEL: Readonly<Record<CliOrigin, string>> = {
  TEMPORAL_CLI_PATH: 'TEMPORAL_CLI_PATH',
  path: '`temporal` on PATH',
  cache: 'the copy in the cache',
  download: 'download by the Temporal SDK',
  build: 'build with Go',
};

/** Thrown when no Temporal CLI is found. The message lists every place that was tried and why it failed. */
export class TemporalCliNotFoundError extends Error {
  override readonly name = 'TemporalCliNotFoundError';
  readonly tries: readonly { readonly how: CliOrigin; readonly why: string }[];

  constructor(tries: readonly { how: CliOrigin; why: string }[]) {
    const [first] = tries;
    if (tries.length === 1 && first) {
      super(
        `${LABEL[first.how]} is not a usable Temporal CLI: ${first.why}. Correct it, or unset it to search elsewhere.`,
      );
      this.tries = tries;
      return;
    }
    const lines = tries.map(({ how, why }, index) => `  ${index + 1}. ${LABEL[how]}: ${why}`);
    super(
      `No Temporal CLI found, so no Temporal dev server can start. Tried in this order:\n${lines.join('\n')}\n` +
        'Fix one of these, or set TEMPORAL_ADDRESS to a running Temporal server.',
    );
    this.tries = tries;
  }
}

/**
 * Finds a Temporal CLI that runs: `TEMPORAL_CLI_PATH`, then `temporal` on PATH, then the copy in the user's cache, then
 * the Temporal SDK's own download, then a build with Go. The last two fill the cache.
 *
 * @param options.cacheDir this project's cache folder; by default the user's.
 * @param options.onProgress called before a step that takes time.
 * @throws TemporalCliNotFoundError when every step fails, and immediately when `TEMPORAL_CLI_PATH` is set but can't be used.
 */
export async function findTemporalCli(options: {
  readonly env: NodeJS.ProcessEnv;
  readonly cacheDir?: string;
  readonly onProgress?: OnCliProgress;
  readonly steps?: Partial<CliSteps>;
}): Promise<FoundCli> {
  const { env, onProgress = () => undefined } = options;
  const steps = { ...STEPS, ...options.steps };
  const cached = cachedCliPath(options.cacheDir ?? userCacheDir(env));
  const tries: { how: CliOrigin; why: string }[] = [];

  const attempt = async (how: CliOrigin, find: () => Promise<string>): Promise<FoundCli | undefined> => {
    let path = '';
    try {
      path = await find();
      return { path, how, version: await steps.readVersion(path) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      tries.push({ how, why: path === '' ? why : `${path} ${why}` });
      return undefined;
    }
  };

  const named = env['TEMPORAL_CLI_PATH'];
  if (named) {
    const found = await attempt('TEMPORAL_CLI_PATH', () => Promise.resolve(named));
    if (found) return found;
    // A named file must be used: another version in its place would be a surprise.
    throw new TemporalCliNotFoundError(tries);
  }
  tries.push({ how: 'TEMPORAL_CLI_PATH', why: 'is not set' });

  return (
    (await attempt('path', () => findOnPath('temporal', env))) ??
    (await attempt('cache', () => Promise.resolve(cached))) ??
    (await attempt('download', async () => {
      onProgress({ message: 'downloading the Temporal CLI (first run only)', expectedSeconds: 60 });
      await steps.download(cached, env);
      return cached;
    })) ??
    (await attempt('build', async () => {
      onProgress({
        message: 'building the Temporal CLI with Go (first run only, 3 to 7 minutes)',
        expectedSeconds: 420,
      });
      await steps.build(cached, env);
      return cached;
    })) ??
    raise(new TemporalCliNotFoundError(tries))
  );
}

/** The first executable file of that name in PATH's folders. */
async function findOnPath(program: string, env: NodeJS.ProcessEnv): Promise<string> {
  for (const folder of (env['PATH'] ?? env['Path'] ?? '').split(delimiter)) {
    const candidate = join(folder, executableName(program));
    if (folder !== '' && (await isExecutableFile(candidate))) return candidate;
  }
  throw new Error('not found');
}

async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function raise(error: Error): never {
  throw error;
}

const TIMEOUT_MS = 15_000;

/**
 * Asks a Temporal CLI for its version, which also proves that it runs here.
 *
 * @returns such as `1.8.2`.
 * @throws Error whose message says in a few words why the file can't be used: it does not exist, does not start, or is
 * something else.
 */
export async function readCliVersion(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ['--version'], {
    timeout: TIMEOUT_MS,
    env: childEnv(process.env),
  }).catch((error: unknown) => {
    throw new Error(whyNotRun(error), { cause: error });
  });
  const version = /^temporal version (\S+)/m.exec(stdout)?.[1];
  if (version === undefined) throw new Error('is not the Temporal CLI (`--version` does not say "temporal version")');
  return version;
}

function whyNotRun(error: unknown): string {
  const { code, killed, signal } = error as { code?: string | number; killed?: boolean; signal?: string };
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES') return 'is not executable (is it a file with execute permission?)';
  if (killed === true) return `did not answer \`--version\` within ${TIMEOUT_MS / 1000} s`;
  if (typeof code === 'number') return `failed at \`--version\` with exit code ${code}`;
  return `can't be run here (${code ?? signal ?? 'unknown error'})`;
}
