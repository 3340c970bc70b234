import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ComposeModel, loadCompose } from '../test/deploy/compose-model.ts';
import { GoMissingError } from '../test/support/go-program.ts';
import { findPostgres } from '../test/support/topology/find-postgres.ts';
import { type TemporalPrograms, temporalPrograms } from '../test/support/topology/temporal-programs.ts';
import { Topology, type TopologyOptions } from '../test/support/topology/topology.ts';
import { type Engine, EngineMissingError } from './engine.ts';
import { treeCpuMs } from './process-usage.ts';
import type { BenchServer } from './servers.ts';

/**
 * Temporal's server on PostgreSQL, both started as `docker-compose.yml` says.
 *
 * @param say told of builds, which take minutes
 * @throws EngineMissingError without PostgreSQL, or without Go while Temporal's server is not in the cache
 */
export async function postgresEngine(say: (text: string) => void): Promise<Engine> {
  const postgres = findPostgres();
  if (postgres === undefined) throw new EngineMissingError('PostgreSQL (initdb and postgres) is not on this machine');
  const variables = ['GARUDUST_WEBHOOK_SECRET', 'RUNS_API_KEY', 'GARUDUST_API_KEY', 'POSTGRES_PASSWORD'];
  const load = async (): Promise<[ComposeModel, TemporalPrograms]> => {
    const model = await loadCompose(
      Object.fromEntries(variables.map((name) => [name, randomBytes(20).toString('hex')])),
    );
    return [model, await temporalPrograms(model, say)];
  };
  const [model, { version, ...programs }] = await load().catch((error: unknown) => {
    if (!(error instanceof GoMissingError)) throw error;
    throw new EngineMissingError(`Temporal's server is not built yet, and ${error.message}`, { cause: error });
  });
  const plan = { postgres, ...programs, extraSettings: {} };
  return {
    kind: 'postgres',
    name: 'PostgreSQL',
    about: `Temporal Server ${version}, ${postgresVersion(postgres.binDir)}, settings of \`docker-compose.yml\``,
    startOurs: () => start({ ...plan, model, folder: ownFolder() }),
    startShipped() {
      const folder = ownFolder();
      return start({ ...plan, model: asShipped(model, folder), folder });
    },
  };
}

async function start(options: TopologyOptions): Promise<BenchServer> {
  const topology = await Topology.plan(options);
  const stop = async (): Promise<void> => {
    await topology.temporal.end();
    await topology.postgres.end();
    rmSync(options.folder, { recursive: true, force: true });
  };
  try {
    await topology.startTemporal();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address: topology.temporalAddress,
    env: { TEMPORAL_ADDRESS: topology.temporalAddress },
    metricsUrl: topology.temporalMetricsUrl,
    cpuMs: () => treeCpuMs(topology.temporal.pid ?? 0) + treeCpuMs(topology.postgres.pid ?? 0),
    stop,
  };
}

/** The server with Temporal's own defaults. It needs the file of its settings, and finds nothing in it. */
function asShipped(model: ComposeModel, folder: string): ComposeModel {
  const { temporal } = model.services;
  if (temporal === undefined) throw new Error('docker-compose.yml has no service temporal');
  const source = join(folder, 'no-dynamic-config.yaml');
  writeFileSync(source, '{}\n');
  const volumes = (temporal.volumes ?? []).map((volume) => ({ ...volume, source }));
  const { GOGC: _, ...environment } = temporal.environment ?? {};
  return { ...model, services: { ...model.services, temporal: { ...temporal, volumes, environment } } };
}

/** PostgreSQL may run as another user, which could not get through a folder of this one. */
function ownFolder(): string {
  return mkdtempSync(join(tmpdir(), 'garudust-temporal-bench-postgres-'));
}

/** Such as `PostgreSQL 15.14`. */
function postgresVersion(binDir: string): string {
  const said = execFileSync(join(binDir, 'postgres'), ['--version'], { encoding: 'utf8' });
  return `PostgreSQL ${/\d+(?:\.\d+)+/.exec(said)?.[0] ?? 'of unknown version'}`;
}
