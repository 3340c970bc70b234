import type { WorkerOptions } from '@temporalio/worker';
import { deploymentOf } from '../contract/names.ts';

/** The build of a worker; without a build id the worker is not versioned. */
export interface WorkerVersion {
  readonly buildId?: string;
  /** Default: that of the task queue. */
  readonly deployment?: string;
}

/**
 * What makes a worker one of a build. Workflows that do not say otherwise are pinned: they end on the build on which they began
 * (docs/decisions/0033-a-run-ends-on-its-build.md).
 */
export function toWorkerVersion(
  { buildId, deployment }: WorkerVersion = {},
  taskQueue: string,
): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (buildId === undefined) return {};
  const version = { buildId, deploymentName: deployment ?? deploymentOf(taskQueue) };
  return {
    workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
  };
}
