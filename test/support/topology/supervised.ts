import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopWithParent } from '../../../src/cli/temporal-server/stop-with-parent.ts';

/** How a process is started: what a container would run. */
export interface ProcessPlan {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** Compose's restart policy. */
  readonly restart: string;
  /** What a polite stop is: SIGTERM unless the image says otherwise. */
  readonly stopSignal?: NodeJS.Signals;
  /** After which a stop becomes a kill, in milliseconds. */
  readonly stopGraceMs: number;
  readonly logFile: string;
}

/** Docker waits so long before it starts a container again, and twice as long each time it dies soon after. */
const RESTART_MS = 100;
const SOON_MS = 10_000;
const MAX_LINE = 400;

/** A process that is started again when it dies, as its restart policy has it. */
export class Supervised {
  readonly plan: ProcessPlan;
  /** How often it has been started. */
  starts = 0;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restartMs = RESTART_MS;
  #restartAfter: Promise<unknown> = Promise.resolve();

  constructor(plan: ProcessPlan) {
    this.plan = plan;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The last lines that it has written. */
  tail(lines = 15): string {
    const all = readFileSync(this.plan.logFile, { encoding: 'utf8', flag: 'a+' }).trim().split('\n');
    return all
      .slice(-lines)
      .map((line) => line.slice(0, MAX_LINE))
      .join('\n');
  }

  start(): void {
    const { name, program, args, env, cwd, runAs, logFile } = this.plan;
    appendFileSync(logFile, `--- start ${this.starts + 1}\n`);
    const child = spawn(program, args, { env, cwd, ...runAs, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => appendFileSync(logFile, chunk));
    }
    stopWithParent(child);
    const startedAt = performance.now();
    child.once('error', (error) => appendFileSync(logFile, `--- ${name} could not be run: ${error.message}\n`));
    child.once('exit', (code, signal) => {
      appendFileSync(logFile, `--- ended, ${signal ?? `exit code ${code}`}\n`);
      if (this.#stopping || this.plan.restart !== 'unless-stopped') return;
      this.#restartMs = performance.now() - startedAt < SOON_MS ? this.#restartMs * 2 : RESTART_MS;
      void this.#restartAfter.then(() => sleep(this.#restartMs)).then(() => !this.#stopping && this.start());
    });
    this.#child = child;
    this.starts += 1;
  }

  /**
   * `kill -9`, with everything that it has started: a container dies as a whole.
   *
   * @param restartAfter holds the restart back, as a machine would that is down for a while
   * @returns when it is dead
   */
  async crash(restartAfter: Promise<unknown> = Promise.resolve()): Promise<void> {
    const child = this.#running();
    this.#restartAfter = restartAfter;
    const gone = once(child, 'exit');
    const children = childrenOf(child.pid);
    child.kill('SIGKILL');
    for (const pid of children) kill(pid);
    await gone;
  }

  /**
   * Stops it for good, as `docker compose stop` does.
   *
   * @returns its exit code, and how long it took in milliseconds; a code of `killed` when its grace was over
   */
  async stop(): Promise<{ readonly code: number | string; readonly ms: number }> {
    const child = this.#running();
    this.#stopping = true;
    const startedAt = performance.now();
    const gone = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, this.plan.stopGraceMs);
    child.kill(this.plan.stopSignal ?? 'SIGTERM');
    const [code, signal] = await gone;
    clearTimeout(timer);
    return { code: late ? 'killed' : (code ?? String(signal)), ms: performance.now() - startedAt };
  }

  /** Takes it up again after a stop. */
  startAgain(): void {
    this.#stopping = false;
    this.start();
  }

  /** Kills it, whatever state it is in. */
  async end(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    const children = childrenOf(child.pid);
    child.kill('SIGKILL');
    for (const pid of children) kill(pid);
    await gone;
  }

  #running(): ChildProcess {
    if (this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) {
      throw new Error(`${this.plan.name} is not running:\n${this.tail()}`);
    }
    return this.#child;
  }
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone by itself.
  }
}

/** Processes that one has begun; PostgreSQL's leave its group, so that they are to be found like this. */
export function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
