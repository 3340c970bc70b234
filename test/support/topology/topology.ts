import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { listenOnce } from '../../../src/cli/temporal-server/free-port.ts';
import type { ComposeModel } from '../../deploy/compose-model.ts';
import { composeMs, type ContainerView, environmentOf, serviceOf } from './container.ts';
import { type ContainerCommand, containerCommand, type Programs } from './container-command.ts';
import { Supervised } from './supervised.ts';

/** The ports that containers listen at, by service. */
const LISTENING: Readonly<Record<string, readonly number[]>> = {
  postgres: [5432],
  temporal: [7233, 7234, 7235, 7239, 6933, 6934, 6935, 6939, 7243, 8000],
  ingress: [8080, 9090],
  worker: [9090],
};

export interface TopologyOptions extends Omit<Programs, 'dataDir'> {
  readonly model: ComposeModel;
  readonly temporalSqlTool: string;
  /** For everything that the containers would have in volumes, and their logs. */
  readonly folder: string;
}

/** The services of `docker-compose.yml` as processes of this machine. */
export class Topology {
  readonly postgres: Supervised;
  readonly temporal: Supervised;
  readonly ingress: Supervised;
  readonly worker: Supervised;
  readonly #options: TopologyOptions;
  readonly #view: ContainerView;

  private constructor(options: TopologyOptions, view: ContainerView) {
    this.#options = options;
    this.#view = view;
    this.postgres = this.#supervise('postgres');
    this.temporal = this.#supervise('temporal');
    this.ingress = this.#supervise('ingress');
    this.worker = this.#supervise('worker');
  }

  /** Plans everything and starts nothing. */
  static async plan(options: TopologyOptions): Promise<Topology> {
    const ports = new Map<string, number>();
    for (const [service, own] of Object.entries(LISTENING)) {
      for (const port of own) ports.set(`${service}:${port}`, await unusedPort([...ports.values()]));
    }
    // PostgreSQL runs as another user, which has to get through.
    chmodSync(options.folder, 0o755);
    const volumesDir = join(options.folder, 'volumes');
    mkdirSync(volumesDir);
    return new Topology(options, { model: options.model, ports, volumesDir });
  }

  get all(): readonly Supervised[] {
    return [this.postgres, this.temporal, this.ingress, this.worker];
  }

  get ingressUrl(): string {
    return `http://127.0.0.1:${this.#port('ingress:8080')}`;
  }

  get temporalAddress(): string {
    return `127.0.0.1:${this.#port('temporal:7233')}`;
  }

  /** Where Temporal tells its Prometheus metrics. */
  get temporalMetricsUrl(): string {
    return `http://127.0.0.1:${this.#port('temporal:8000')}/metrics`;
  }

  get journalDir(): string {
    return environmentOf(this.#view, 'worker')['JOURNAL_DIR'] ?? '';
  }

  /** Brings a new database and Temporal up, in the order of the Compose file's `depends_on`, with `setup` done. */
  async startTemporal(): Promise<void> {
    await this.prepareDatabase();
    this.postgres.start();
    await this.whenUp('postgres');
    await this.runSchema();
    this.temporal.start();
    await this.whenUp('temporal');
    await this.runSetup();
  }

  /** The schema tool's output is of no interest unless it fails. */
  async runSchema(): Promise<void> {
    const tools = join(this.#options.folder, 'admin-tools');
    mkdirSync(tools);
    symlinkSync(this.#options.temporalSqlTool, join(tools, 'temporal-sql-tool'));
    await this.#runOnce('schema', { PATH: tools + delimiter + (process.env['PATH'] ?? '') });
  }

  /** @returns what `setup` wrote. */
  runSetup(): Promise<string> {
    return this.#runOnce('setup', {});
  }

  /** Prepares the folder of a new database, as the image does at its first start. */
  async prepareDatabase(): Promise<void> {
    const { postgres, folder } = this.#options;
    const data = this.#dataDir();
    const {
      POSTGRES_USER = '',
      POSTGRES_PASSWORD = '',
      POSTGRES_INITDB_ARGS = '',
    } = environmentOf(this.#view, 'postgres');
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, POSTGRES_PASSWORD, { mode: 0o600 });
    mkdirSync(data, { recursive: true, mode: 0o700 });
    for (const path of [data, passwordFile]) {
      if (postgres.runAs) chownSync(path, postgres.runAs.uid, postgres.runAs.gid);
    }
    const args = ['--pgdata', data, '--username', POSTGRES_USER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
    const more = ['--encoding', 'UTF8', '--no-sync', ...POSTGRES_INITDB_ARGS.split(' ').filter(Boolean)];
    await promisify(execFile)(join(postgres.binDir, 'initdb'), [...args, ...more], { cwd: '/', ...postgres.runAs });
  }

  /** Writes a backup of all databases, as docs/production.md does. */
  async backUp(file: string): Promise<void> {
    await this.#runPostgresTool('pg_dumpall', ['--file', file]);
  }

  /** Replaces the database by a backup, as on a new disk. PostgreSQL must have stopped. */
  async restore(file: string): Promise<void> {
    rmSync(this.#dataDir(), { recursive: true });
    await this.prepareDatabase();
    this.postgres.startAgain();
    await this.whenUp('postgres');
    await this.#runPostgresTool('psql', ['--quiet', '--output', '/dev/null', '--dbname', 'postgres', '--file', file]);
  }

  async #runPostgresTool(name: string, args: readonly string[]): Promise<void> {
    const { POSTGRES_USER = '', POSTGRES_PASSWORD = '' } = environmentOf(this.#view, 'postgres');
    const place = ['--host', '127.0.0.1', '--port', String(this.#port('postgres:5432')), '--username', POSTGRES_USER];
    const env = { PATH: process.env['PATH'] ?? '', PGPASSWORD: POSTGRES_PASSWORD };
    await promisify(execFile)(join(this.#options.postgres.binDir, name), [...place, ...args], { cwd: '/', env });
  }

  /** Waits until PostgreSQL or Temporal takes connections, or an admin port says `ready`. */
  async whenUp(name: 'postgres' | 'temporal' | 'ingress' | 'worker', timeoutMs = 60_000): Promise<void> {
    const isUp =
      name === 'postgres' || name === 'temporal'
        ? () => accepts(this.#port(name === 'postgres' ? 'postgres:5432' : 'temporal:7233'))
        : () => this.isReady(name);
    for (const end = Date.now() + timeoutMs; !(await isUp()); await sleep(50)) {
      if (Date.now() > end) throw new Error(`${name} was not up within ${timeoutMs / 1000} s:\n${this[name].tail()}`);
    }
  }

  async isReady(name: 'ingress' | 'worker'): Promise<boolean> {
    const url = `http://127.0.0.1:${this.#port(`${name}:9090`)}/readyz`;
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok === true;
  }

  #port(place: string): number {
    return this.#view.ports.get(place) ?? 0;
  }

  #dataDir(): string {
    return join(this.#view.volumesDir, 'postgres');
  }

  #supervise(name: 'postgres' | 'temporal' | 'ingress' | 'worker'): Supervised {
    const service = serviceOf(this.#view, name);
    return new Supervised({
      name,
      cwd: '/',
      restart: service.restart ?? 'no',
      stopGraceMs: composeMs(service.stop_grace_period ?? '10s'),
      logFile: join(this.#options.folder, `${name}.log`),
      ...this.#command(name),
    });
  }

  /** Runs a service that ends, and again where it fails, as often as its restart policy has it. */
  async #runOnce(name: string, extra: Readonly<Record<string, string>>): Promise<string> {
    const { restart = 'no', entrypoint, command } = serviceOf(this.#view, name);
    const more = Number(/^on-failure:(\d+)$/.exec(restart)?.[1] ?? 0);
    const env = { ...environmentOf(this.#view, name), ...extra };
    const own = this.#command(name);
    const [program = '', ...args] = entrypoint ? [...entrypoint, ...(command ?? [])] : [own.program, ...own.args];
    for (let tries = 0; ; tries += 1) {
      try {
        const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: '/', env });
        return stdout + stderr;
      } catch (error) {
        const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
        if (tries === more) throw new Error(`${name} failed ${tries + 1} times:\n${stdout}${stderr}`, { cause: error });
        await sleep(500);
      }
    }
  }

  #command(name: string): ContainerCommand {
    return containerCommand(this.#view, name, { ...this.#options, dataDir: this.#dataDir() });
  }
}

/** A free port below 32768: Temporal's table of members takes no higher one. */
async function unusedPort(taken: readonly number[]): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_768);
    if (taken.includes(port)) continue;
    const isFree = await listenOnce('127.0.0.1', port).then(
      () => true,
      () => false,
    );
    if (isFree) return port;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
