import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { stopWithParent } from '../../src/cli/temporal-server/stop-with-parent.ts';

export interface ProcessPlan {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Its output is appended here. */
  readonly logFile: string;
}

const STOP_MS = 15_000;

/** A process that is started again the moment it is gone, as an orchestrator would. */
export class SupervisedProcess {
  readonly plan: ProcessPlan;
  /** How it ended where nobody had killed it. */
  readonly endedByItself: string[] = [];
  #child: ChildProcess | undefined;
  #expected = false;
  #stopping = false;
  #restartAfterMs = 0;

  constructor(plan: ProcessPlan) {
    this.plan = plan;
  }

  /** Keeps it running until `stop`. */
  start(): void {
    const { name, program, args, env, logFile } = this.plan;
    const child = spawn(program, args, { env, cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = (text: string | Buffer): void => appendFileSync(logFile, text);
    log(`--- ${new Date().toISOString()} start\n`);
    child.stdout.on('data', log);
    child.stderr.on('data', log);
    stopWithParent(child);
    child.once('error', (error) => log(`--- ${name} could not be run: ${error.message}\n`));
    child.once('exit', (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      log(`--- ${new Date().toISOString()} ended, ${how}\n`);
      if (!this.#expected) this.endedByItself.push(`${name} ended by itself (${how}):\n${this.tail()}`);
      if (this.#stopping) return;
      this.#expected = false;
      // Not where it can't live, or the machine would do nothing else.
      if (this.endedByItself.length < 3) setTimeout(() => this.#stopping || this.start(), this.#restartAfterMs);
    });
    this.#child = child;
  }

  /**
   * `kill -9`, or the signal of an orchestrator; it is started again.
   *
   * @param restartAfterMs how long the restart is held back, in milliseconds
   * @returns when it is dead
   */
  async kill(restartAfterMs = 0, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new Error(`${this.plan.name} was never started`);
    this.#expected = true;
    this.#restartAfterMs = restartAfterMs;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** Ends it for good: SIGTERM, then SIGKILL. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#stopping = true;
    this.#expected = true;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    child.kill('SIGTERM');
    await gone;
    clearTimeout(late);
  }

  /** The last lines that it has written. */
  tail(lines = 12): string {
    const all = readFileSync(this.plan.logFile, { encoding: 'utf8', flag: 'a+' }).trim().split('\n');
    return all
      .slice(-lines)
      .map((line) => line.slice(0, 400))
      .join('\n');
  }
}
