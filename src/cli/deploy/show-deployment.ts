import { type BuildState, readDeployment } from '../../runs/deployments/read-deployment.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { printJson } from '../report-outcome.ts';
import { withTemporal } from '../schedules/with-temporal.ts';
import { showRelative } from '../show/show-time.ts';

/** The worker deployment of a task queue. */
export interface DeploymentPlace {
  readonly deployment: string;
  readonly taskQueue: string;
}

/** Prints the builds, and what they ask an operator to do. @throws CliError when there are none */
export async function showDeployment(
  place: DeploymentPlace,
  { json }: { readonly json: boolean },
  io: CliIo,
): Promise<void> {
  const found = await withTemporal(io, (client) => readDeployment(client, place));
  if (found === undefined) {
    const fix = 'set WORKER_BUILD_ID for its workers and start them';
    throw new CliError('refused', `No worker of the deployment "${place.deployment}" has polled yet: ${fix}.`);
  }
  if (json) {
    printJson(found, io);
    return;
  }
  io.stdout.write(showBuilds(found.builds, Date.now()));
  for (const line of advise(found.builds)) io.stderr.write(`${line}\n`);
}

function showBuilds(builds: readonly BuildState[], now: number): string {
  const rows = [
    ['BUILD', 'STATE', 'SINCE', 'OPEN RUNS', 'WORKERS'],
    ...builds.map(({ buildId, state, percent, since, pinnedRuns, workers }) => [
      buildId,
      percent === undefined ? state : `${state} ${percent} %`,
      since === undefined ? '' : showRelative(since, now),
      String(pinnedRuns),
      String(workers),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

function advise(builds: readonly BuildState[]): string[] {
  const none = builds.some(({ state }) => state === 'current')
    ? []
    : ['No build is current, so new runs wait: `deploy promote` one.'];
  const stranded = builds
    .filter(({ workers, pinnedRuns, state }) => workers === 0 && (pinnedRuns > 0 || state === 'current'))
    .map(({ buildId, state, pinnedRuns }) =>
      state === 'current'
        ? `${buildId} is current and has no worker, so new runs wait: start its workers, or promote another build.`
        : `${buildId} has ${pinnedRuns} open ${pinnedRuns === 1 ? 'run' : 'runs'} and no worker: start its workers again, or \`deploy retire ${buildId}\`.`,
    );
  const idle = builds
    .filter(({ state, workers, pinnedRuns }) => state.startsWith('drain') && workers > 0 && pinnedRuns === 0)
    .map(({ buildId }) => `${buildId} has no open run: its workers can be stopped.`);
  return [...none, ...stranded, ...idle];
}
