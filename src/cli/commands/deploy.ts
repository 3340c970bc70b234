import type { Command } from 'commander';
import { DEFAULT_TASK_QUEUE, deploymentOf } from '../../contract/names.ts';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { parseBuildId, parseDeployment, parseDuration, parsePercent } from '../flag-values.ts';

const BUILD = 'build of the workers, as their WORKER_BUILD_ID says';

interface PlaceFlags {
  readonly taskQueue?: string;
  readonly deployment?: string;
}

/** `deploy`: which build of the workers gets new runs. */
export function addDeploy(program: Command, io: CliIo): void {
  const deploy = program
    .command('deploy')
    .summary('choose the build of the workers that gets new runs')
    .description('Choose the build of the workers that gets new runs. For workers with a WORKER_BUILD_ID.');

  const status = deploy
    .command('status')
    .summary('list the builds')
    .description('List the builds with their open runs and their workers.')
    .option('--json', 'print the builds as JSON')
    .action(async ({ json = false, ...flags }: PlaceFlags & { readonly json?: boolean }) => {
      const { showDeployment } = await import('../deploy/show-deployment.ts');
      await showDeployment(placeOf(flags, io), { json }, io);
    });
  finish(status, [['garudust-temporal deploy status', 'which build is current, and which may be stopped']]);

  const promote = deploy
    .command('promote')
    .summary('let new runs begin on a build')
    .description('Let new runs begin on a build. Open runs end on the build on which they began.')
    .argument('<build-id>', BUILD, parseBuildId)
    .option('--percent <share>', 'only this share of new runs, from 1 to 99', parsePercent)
    .option('--wait <duration>', 'wait for a worker of the build, such as 2m', parseDuration)
    .action(
      async (
        buildId: string,
        { percent = 100, wait = 0, ...flags }: PlaceFlags & { readonly percent?: number; readonly wait?: number },
      ) => {
        const { promoteOne } = await import('../deploy/change-build.ts');
        await promoteOne({ ...placeOf(flags, io), buildId }, { percent, waitMs: wait }, io);
      },
    );
  finish(promote, [
    ['garudust-temporal deploy promote 1.4.0 --wait 2m', 'after the workers of 1.4.0 were started'],
    ['garudust-temporal deploy promote 1.4.0 --percent 5', 'try it with one run in twenty'],
  ]);

  const retire = deploy
    .command('retire')
    .summary('move the open runs of a build to the current one')
    .description(
      'Move the open runs of a build to the current one, so that its workers can be stopped before the last callback is delivered.',
    )
    .argument('<build-id>', BUILD, parseBuildId)
    .action(async (buildId: string, flags: PlaceFlags) => {
      const { retireOne } = await import('../deploy/change-build.ts');
      await retireOne({ ...placeOf(flags, io), buildId }, io);
    });
  finish(retire, [['garudust-temporal deploy retire 1.3.9', 'before its workers are stopped']]);
}

function placeOf({ taskQueue: asked, deployment }: PlaceFlags, { env }: CliIo) {
  const taskQueue = asked ?? (env['TEMPORAL_TASK_QUEUE'] || DEFAULT_TASK_QUEUE);
  return { taskQueue, deployment: deployment ?? (env['WORKER_DEPLOYMENT'] || deploymentOf(taskQueue)) };
}

function finish(command: Command, examples: readonly (readonly [string, string])[]): void {
  command
    .option(
      '--task-queue <queue>',
      `task queue of the workers (default: TEMPORAL_TASK_QUEUE, or ${DEFAULT_TASK_QUEUE})`,
    )
    .option(
      '--deployment <name>',
      'their worker deployment (default: WORKER_DEPLOYMENT, or the name of the task queue)',
      parseDeployment,
    );
  setNotes(command, {
    more: ['TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other TEMPORAL_* variables select the server.'],
    examples,
    exits: ['ok', 'usage', 'unavailable', 'refused'],
  });
}
