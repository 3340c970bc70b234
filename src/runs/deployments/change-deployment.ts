import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNotFound, pinnedTo } from './worker-build.ts';

/** Thrown when a build cannot get new runs. The message is what Temporal says. */
export class BuildRefused extends Error {}

/** Which build of which deployment. */
export interface NamedBuild {
  readonly deployment: string;
  readonly buildId: string;
}

const FAILED_PRECONDITION = 9;
const LOOK_EVERY_MS = 250;
const EVERYTHING = 100;

/**
 * Lets new runs begin on a build; below 100 percent, that share of them. Open runs stay where they are.
 *
 * @param waitMs how long to wait until a worker of the build has polled
 * @throws BuildRefused when none has, or when the build serves fewer task queues than the current one
 */
export async function promoteBuild(
  client: Client,
  { deployment, buildId }: NamedBuild,
  { percent, waitMs }: { readonly percent: number; readonly waitMs: number },
): Promise<void> {
  const request = {
    namespace: client.options.namespace,
    deploymentName: deployment,
    buildId,
    identity: 'deploy promote',
  };
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    try {
      if (percent >= EVERYTHING) await client.workflowService.setWorkerDeploymentCurrentVersion(request);
      else await client.workflowService.setWorkerDeploymentRampingVersion({ ...request, percentage: percent });
      return;
    } catch (error) {
      const { code, details } = error as { code?: number; details?: string };
      if (!isNotFound(error) && code !== FAILED_PRECONDITION) throw error;
      if (performance.now() >= giveUpAt) throw new BuildRefused(details ?? String(error), { cause: error });
      await sleep(LOOK_EVERY_MS);
    }
  }
}

/**
 * Moves the open runs of a build to the current one: each replays there with its next step. Temporal does so in the background, some
 * fifty a second.
 *
 * @returns how many there are
 */
export async function retireBuild(client: Client, { deployment, buildId }: NamedBuild): Promise<number> {
  const { namespace } = client.options;
  const visibilityQuery = pinnedTo(deployment, buildId);
  const { count } = await client.workflowService.countWorkflowExecutions({ namespace, query: visibilityQuery });
  const open = Number(count ?? 0);
  if (open === 0) return 0;
  await client.workflowService.startBatchOperation({
    namespace,
    jobId: randomUUID(),
    reason: `deploy retire ${buildId}`,
    visibilityQuery,
    updateWorkflowOptionsOperation: {
      identity: 'deploy retire',
      workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
      updateMask: { paths: ['versioning_override'] },
    },
  });
  return open;
}
