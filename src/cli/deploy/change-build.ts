import { BuildRefused, type NamedBuild, promoteBuild, retireBuild } from '../../runs/deployments/change-deployment.ts';
import { readDeployment } from '../../runs/deployments/read-deployment.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { withTemporal } from '../schedules/with-temporal.ts';
import type { DeploymentPlace } from './show-deployment.ts';

type Build = NamedBuild & DeploymentPlace;

/** @throws CliError */
export async function promoteOne(
  build: Build,
  { percent, waitMs }: { readonly percent: number; readonly waitMs: number },
  io: CliIo,
): Promise<void> {
  try {
    await withTemporal(io, (client) => promoteBuild(client, build, { percent, waitMs }));
  } catch (error) {
    if (!(error instanceof BuildRefused)) throw error;
    const fix = 'start workers with this WORKER_BUILD_ID, or wait for them with --wait';
    throw new CliError('refused', `${build.buildId} gets no new runs: ${fix}. Temporal says: ${error.message}`, {
      cause: error,
    });
  }
  const share = percent < 100 ? `${percent} % of new runs begin` : 'new runs begin';
  io.stdout.write(`${share} on ${build.buildId}\n`);
}

/** @throws CliError for the current build, and where none is current */
export async function retireOne(build: Build, io: CliIo): Promise<void> {
  const { buildId } = build;
  const moved = await withTemporal(io, async (client) => {
    const found = await readDeployment(client, build);
    const states = new Map(found?.builds.map((one) => [one.buildId, one.state]));
    const state = states.get(buildId);
    if (state === undefined)
      throw new CliError('refused', `Temporal knows no build ${buildId}: see \`deploy status\`.`);
    if (state === 'current' || state === 'ramping' || ![...states.values()].includes('current')) {
      throw new CliError('refused', `${buildId} is ${state}: \`deploy promote\` another build first.`);
    }
    return retireBuild(client, build);
  });
  io.stdout.write(
    moved === 0
      ? `${buildId} has no open run: its workers can be stopped\n`
      : `${moved} open ${moved === 1 ? 'run moves' : 'runs move'} to the current build; \`deploy status\` counts what is left\n`,
  );
}
