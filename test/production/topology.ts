import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listenOnce } from '../../src/cli/temporal-server/free-port.ts';
import type { ComposeModel } from '../deploy/compose-model.ts';
import { composeMs, type ContainerView, environmentOf, serviceOf } from './container.ts';
import type { FoundPostgres } from './find-postgres.ts';
import { Supervised } from './supervised.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The ports that containers listen at, by service. */
const LISTENING: Readonly<Record<string, readonly number[]>> = {
  postgres: [5432],
  temporal: [7233, 7234, 7235, 7239, 6933, 6934, 6935, 6939, 7243, 8000],
  ingress: [8080, 9090],
  worker: [9090],
};

/** What Temporal's server listens at, which a container has for itself alone. */
const TEMPORAL_PORTS = {
  FRONTEND_GRPC_PORT: 7233,
  HISTORY_GRPC_PORT: 7234,
  MATCHING_GRPC_PORT: 7235,
  WORKER_GRPC_PORT: 7239,
  FRONTEND_MEMBERSHIP_PORT: 6933,
  HISTORY_MEMBERSHIP_PORT: 6934,
  MATCHING_MEMBERSHIP_PORT: 6935,
  WORKER_MEMBERSHIP_PORT: 6939,
  FRONTEND_HTTP_PORT: 7243,
} as const;

export interface TopologyOptions {
  readonly model: ComposeModel;
  readonly postgres: FoundPostgres;
  readonly temporalServer: string;
  readonly temporalSqlTool: string;
  /** For everything that the containers would have in volumes, and their logs. */
  readonly folder: string;
  /** Settings for our processes beside those of the Compose file. */
  readonly extraSettings: Readonly<Record<string, string>>;
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

  get journalDir(): string {
    return environmentOf(this.#view, 'worker')['JOURNAL_DIR'] ?? '';
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

  /** What the image of a service runs, with what the Compose file tells it. */
  #command(name: string): Pick<Supervised['plan'], 'program' | 'args' | 'env' | 'runAs' | 'stopSignal'> {
    const { postgres, temporalServer, extraSettings } = this.#options;
    const { command } = serviceOf(this.#view, name);
    const env = environmentOf(this.#view, name);
    if (name === 'postgres') {
      const place = ['-p', String(this.#port('postgres:5432')), '-h', '127.0.0.1', '-k', '', '-c', 'fsync=on'];
      return {
        program: join(postgres.binDir, 'postgres'),
        args: ['-D', this.#dataDir(), ...place, ...(command ?? [])],
        env: {},
        ...(postgres.runAs && { runAs: postgres.runAs }),
        // The image's STOPSIGNAL: SIGTERM would wait for every client.
        stopSignal: 'SIGINT',
      };
    }
    if (name === 'temporal') {
      const ports = Object.entries(TEMPORAL_PORTS).map(([key, port]) => [key, String(this.#port(`temporal:${port}`))]);
      const own = { ...Object.fromEntries(ports), TEMPORAL_BROADCAST_ADDRESS: '127.0.0.1' };
      return { program: temporalServer, args: ['start'], env: { ...env, ...own } };
    }
    const [program = '', ...args] = [...imageEntrypoint(), ...(command ?? [])];
    const here = [program, ...args].map((word) =>
      word === 'node' ? process.execPath : word.replace(/^\/app\//, ROOT),
    );
    const listening = {
      HOST: '127.0.0.1',
      ADMIN_HOST: '127.0.0.1',
      PORT: String(this.#port('ingress:8080')),
      ADMIN_PORT: String(this.#port(`${name}:9090`)),
    };
    // A container has a home folder of its own, without anybody's profiles.
    const home = { HOME: this.#options.folder };
    return { program: here[0] ?? '', args: here.slice(1), env: { ...home, ...env, ...listening, ...extraSettings } };
  }

  /** Runs a service that ends, and again where it fails, as often as its restart policy has it. */
  async #runOnce(name: string, extra: Readonly<Record<string, string>>): Promise<string> {
    const { restart = 'no', entrypoint, command } = serviceOf(this.#view, name);
    const more = Number(/^on-failure:(\d+)$/.exec(restart)?.[1] ?? 0);
    const env = { ...environmentOf(this.#view, name), ...extra };
    const [program = '', ...args] = entrypoint ? [...entrypoint, ...(command ?? [])] : this.#wholeCommand(name);
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

  #wholeCommand(name: string): string[] {
    const { program, args } = this.#command(name);
    return [program, ...args];
  }
}

/** The entry point of our image. */
function imageEntrypoint(): string[] {
  const [, json = '[]'] = /^ENTRYPOINT (.*)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')) ?? [];
  return JSON.parse(json) as string[];
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
