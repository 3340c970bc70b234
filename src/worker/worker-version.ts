import type { WorkerOptions } from '@temporalio/worker';
import { firstTryBuild } from '../contract/first-try.ts';
import { deploymentOf } from '../contract/names.ts';
import { readVersion } from '../telemetry/read-version.ts';

/** The build of a worker; without a build id the worker is not versioned. */
export interface WorkerVersion {
  readonly buildId?: string;
  /** Default: that of the task queue. */
  readonly deployment?: string;
}

/** The build ID of our workers that are not versioned. It tells workflows what the worker can do. */
export function unversionedBuild(): string {
  return firstTryBuild(readVersion());
}

/**
 * What makes a worker one of a build. Workflows that do not say otherwise are pinned: they end on the build on which they began
 * (docs/decisions/0033-a-run-ends-on-its-build.md). Any other worker gets `unversionedBuild`
 * (docs/decisions/0045-the-first-try-is-within-the-workflow-task.md), unless it has one of its own.
 */
export function toWorkerVersion(
  { buildId, deployment }: WorkerVersion = {},
  { taskQueue, ...given }: Pick<WorkerOptions, 'taskQueue' | 'buildId' | 'useVersioning' | 'workerDeploymentOptions'>,
): Pick<WorkerOptions, 'workerDeploymentOptions' | 'buildId'> {
  if (buildId !== undefined) {
    const version = { buildId, deploymentName: deployment ?? deploymentOf(taskQueue) };
    return {
      workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
    };
  }
  const hasOwn = given.buildId !== undefined || given.workerDeploymentOptions !== undefined;
  return hasOwn ? {} : { buildId: unversionedBuild() };
}
