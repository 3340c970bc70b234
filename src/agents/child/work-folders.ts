import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { userStateDir } from '../../settings/user-state-dir.ts';
import { isRecord } from '../../values/is-record.ts';
import { AgentError } from '../agent.ts';

export interface WorkFolderOptions {
  /** Tells the folders of one agent from those of another in the same root. */
  readonly owner: string;
  /** Where the folders are. Default: `work` in the user's folder for state. */
  readonly root?: string | undefined;
  /** The one working directory of all calls. Default: one for each session. */
  readonly cwd?: string | undefined;
  /** How long the folder of a session is kept unused, in milliseconds. */
  readonly keepMs: number;
}

/** What is kept of an agent's own session, for the next call of the same session key. */
export interface KeptSession {
  /** The agent's id of it. */
  readonly id: string;
  /** What it has used so far, by the agent's own count. */
  readonly totals?: Readonly<Record<string, number>>;
}

/** The folder of one call. */
export interface WorkFolder {
  readonly cwd: string;
  /** The agent's session of the call before; absent in a new one, and while another call of this process has it. */
  readonly session?: KeptSession;
  /** Keeps the agent's session for the next call; undefined forgets it. */
  keep(session: KeptSession | undefined): void;
  /** Ends the use of the folder. That of a task without a session is removed when it was answered. */
  close(answered: boolean): Promise<void>;
}

const SWEEP_EVERY_MS = 3_600_000;
/** An agent's id goes into an argument, so it begins with no dash. */
const SESSION_ID = /^[A-Za-z0-9][\w.:-]{0,199}$/;

/**
 * The working directories of one agent: `<root>/<hash of agent and session key>/work`. The text of a key reaches no path. Beside `work`
 * is the file `session`. Folders that nobody used for `keepMs` are removed, at most one look an hour.
 */
export class WorkFolders {
  readonly #options: WorkFolderOptions;
  readonly #root: string;
  readonly #inUse = new Map<string, number>();
  #sweptAt = -Infinity;

  constructor(options: WorkFolderOptions) {
    this.#options = options;
    this.#root = resolve(options.root ?? join(userStateDir(process.env), 'work'));
  }

  /**
   * Opens the folder of a session, which is made if needed.
   *
   * @param runId a session key that is the run's own is used by no other run
   * @throws AgentError `AgentMisconfigured` when a folder can't be made or isn't there
   */
  open({ sessionKey, runId }: { readonly sessionKey: string; readonly runId: string }): WorkFolder {
    const { owner, cwd: fixed } = this.#options;
    const name = createHash('sha256')
      .update(JSON.stringify([owner, sessionKey]))
      .digest('hex')
      .slice(0, 32);
    const folder = join(this.#root, name);
    const cwd = fixed === undefined ? join(folder, 'work') : resolve(fixed);
    try {
      mkdirSync(fixed === undefined ? cwd : folder, { recursive: true, mode: 0o700 });
      if (!statSync(cwd).isDirectory()) throw new Error('not a folder');
    } catch {
      const fix = 'Check cwd and work_dir of this agent: both must be folders that the worker can write.';
      throw new AgentError('AgentMisconfigured', 'has no working directory on this worker', { fix });
    }
    const users = this.#inUse.get(name) ?? 0;
    this.#inUse.set(name, users + 1);
    const touch = (): void => {
      try {
        utimesSync(folder, new Date(), new Date());
      } catch {
        // The agent may have removed it.
      }
    };
    touch();
    // A worker beside this one may share the root, and must see that the folder is in use.
    const timer = setInterval(touch, Math.min(this.#options.keepMs / 4, SWEEP_EVERY_MS)).unref();
    void this.#sweep();
    // Two calls in one session of an agent at once would both succeed, and mix.
    const session = users > 0 ? undefined : readSession(join(folder, 'session'));
    return {
      cwd,
      ...(session && { session }),
      keep: (kept) => {
        if (users === 0) writeSession(join(folder, 'session'), kept);
      },
      close: async (answered) => {
        clearInterval(timer);
        const left = (this.#inUse.get(name) ?? 1) - 1;
        if (left > 0) this.#inUse.set(name, left);
        else this.#inUse.delete(name);
        // Steps of other workflows have `<workflow id>/…`.
        const isOwn = sessionKey === runId || sessionKey.startsWith(`${runId}/`);
        if (isOwn && answered && left === 0) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      },
    };
  }

  async #sweep(): Promise<void> {
    if (performance.now() - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = performance.now();
    for (const name of await readdir(this.#root).catch(() => [])) {
      const folder = join(this.#root, name);
      const { mtimeMs = Infinity } = (await stat(folder).catch(() => undefined)) ?? {};
      const isOurs = /^[0-9a-f]{32}$/.test(name) && !this.#inUse.has(name);
      if (isOurs && Date.now() - mtimeMs > this.#options.keepMs) {
        await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      }
    }
  }
}

function readSession(file: string): KeptSession | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isRecord(value)) return undefined;
    const { id, totals } = value;
    if (typeof id !== 'string' || !SESSION_ID.test(id)) return undefined;
    const numbers = Object.entries(isRecord(totals) ? totals : {}).filter(([, total]) => typeof total === 'number');
    return { id, totals: Object.fromEntries(numbers) as Record<string, number> };
  } catch {
    return undefined;
  }
}

/** An answer that is paid for is worth more than the session after it, so a full disk is no failure. */
function writeSession(file: string, session: KeptSession | undefined): void {
  try {
    // Renamed into place, so that nobody reads half of it.
    writeFileSync(`${file}.new`, JSON.stringify(session ?? {}), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    rmSync(file, { force: true });
  }
}
