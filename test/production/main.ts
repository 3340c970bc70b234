/**
 * Proves the topology of `docker-compose.yml` without Docker: `npm run test:production`. Every service is a process that is
 * started with the command and the environment that the Compose file gives it; then each is killed with runs in flight.
 *
 * Exit code 0: everything held, or PostgreSQL or Go is missing, which is said. 1: something did not hold.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { loadCompose } from '../deploy/compose-model.ts';
import { GoMissingError } from '../support/go-program.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { findPostgres, type FoundPostgres } from '../support/topology/find-postgres.ts';
import { temporalPrograms } from '../support/topology/temporal-programs.ts';
import { Topology } from '../support/topology/topology.ts';
import { startCallbackReceiver } from './callback-receiver.ts';
import { Caller } from './caller.ts';
import { Report, say } from './report.ts';
import { restoreDrill } from './restore-drill.ts';
import * as steps from './steps.ts';

const STEPS = 10;

const madeUp = (): string => randomBytes(20).toString('hex');
const SECRETS = {
  GARUDUST_WEBHOOK_SECRET: madeUp(),
  RUNS_API_KEY: madeUp(),
  GARUDUST_API_KEY: madeUp(),
  POSTGRES_PASSWORD: madeUp(),
};

/** Ends everything that was begun, the last first. */
const ends: (() => Promise<void> | void)[] = [];

async function endAll(): Promise<void> {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endAll().finally(() => process.exit(130)));
}

async function prove(postgres: FoundPostgres, report: () => Report): Promise<Report> {
  const model = await loadCompose({ ...SECRETS, CALLBACK_PERMIT_NETWORKS: '127.0.0.0/8' });
  const { version, ...programs } = await temporalPrograms(model, (what) => say('please wait', what));
  say('Temporal', `${version}  ${programs.temporalServer}`);
  say('PostgreSQL', postgres.binDir);
  await promisify(execFile)('npm', ['run', 'build']).catch((error: unknown) => {
    throw new Error(`this project can't be built:\n${(error as { stdout?: string }).stdout ?? ''}`, { cause: error });
  });
  say('this project', 'built');

  const folder = mkdtempSync(join(tmpdir(), 'garudust-production-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const settingsFile = join(folder, 'settings.yaml');
  writeFileSync(settingsFile, 'agents: {demo: {type: demo}}\n');
  const topology = await Topology.plan({
    model,
    postgres,
    ...programs,
    folder,
    extraSettings: { GARUDUST_TEMPORAL_CONFIG: settingsFile },
  });
  ends.push(async () => {
    await Promise.all(topology.all.map((one) => one.end()));
  });
  const receiver = await startCallbackReceiver(SECRETS.GARUDUST_WEBHOOK_SECRET);
  ends.push(() => receiver.close());
  const connection = Connection.lazy({ address: topology.temporalAddress });
  ends.push(() => connection.close());
  const stage: steps.Stage = {
    topology,
    receiver,
    client: new Client({ connection, namespace: 'default' }),
    caller: new Caller({
      url: () => topology.ingressUrl,
      secret: SECRETS.GARUDUST_WEBHOOK_SECRET,
      apiKey: SECRETS.RUNS_API_KEY,
      callbackUrl: receiver.url,
    }),
    secrets: Object.values(SECRETS),
    accepted: [],
  };

  const table = report();
  try {
    await table.step('start all', () => startAll(topology));
    await table.step('set up again', async () => {
      await topology.runSetup();
      return 'nothing to do';
    });
    await table.step('runs, undisturbed', () => steps.undisturbed(stage));
    await table.step('kill -9 worker', () => steps.crashWorker(stage));
    await table.step('kill -9 ingress', () => steps.crashIngress(stage));
    await table.step('kill -9 temporal', () => steps.crashTemporal(stage));
    await table.step('kill -9 postgres', () => steps.crashPostgres(stage));
    await table.step('SIGTERM worker, and a new one', () => steps.replaceWorker(stage));
    await table.step('lose the database, restore a backup', () => restoreDrill(stage, join(folder, 'backup.sql')));
    await table.step('SIGTERM all', () => steps.stopAll(stage));
  } catch (error) {
    process.stdout.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    for (const one of topology.all) process.stdout.write(`\n--- end of the log of ${one.plan.name}\n${one.tail()}\n`);
  }
  return table;
}

/** In the order of the Compose file's `depends_on`. */
async function startAll(topology: Topology): Promise<string> {
  await topology.startTemporal();
  topology.ingress.start();
  topology.worker.start();
  await topology.whenUp('ingress');
  await topology.whenUp('worker');
  // A key that the server does not know has no effect.
  assert.doesNotMatch(topology.temporal.tail(Infinity), /dynamic config warning/);
  return 'database, schema, Temporal, setup, ingress, worker: ready';
}

function skip(tool: string): void {
  reportMissingTool(tool, 'whether the production profile survives the crash of each of its processes');
  process.stdout.write(`0 passed, 0 failed, ${STEPS} skipped\n`);
}

const startedAt = performance.now();
try {
  const postgres = findPostgres();
  if (postgres === undefined) {
    skip('PostgreSQL (initdb and postgres)');
  } else {
    const { passed, failed } = await prove(postgres, () => new Report());
    say('\ntook', `${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    process.stdout.write(`${passed} passed, ${failed} failed, ${STEPS - passed - failed} skipped\n`);
    process.exitCode = failed === 0 ? 0 : 1;
  }
} catch (error) {
  if (error instanceof GoMissingError) {
    skip('go');
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
} finally {
  await endAll();
}
