import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { isNotFound, pinnedTo } from './worker-build.ts';

type Summary = temporal.api.deployment.v1.WorkerDeploymentInfo.IWorkerDeploymentVersionSummary;
type Time = { readonly seconds?: { toString(): string } | null } | null | undefined;

/** A build of a worker deployment, as Temporal knows it. */
export interface BuildState {
  readonly buildId: string;
  /** `draining`: only runs that began on it. `drained`: its last pinned run has ended. `inactive`: never promoted. */
  readonly state: 'current' | 'ramping' | 'draining' | 'drained' | 'inactive';
  /** Share of new runs, in percent, while it is ramping. */
  readonly percent?: number;
  /** When it became what it is, in ISO 8601. */
  readonly since?: string;
  /** Open runs that end on it and nowhere else. */
  readonly pinnedRuns: number;
  /** Workers that polled the task queue in the last five minutes. */
  readonly workers: number;
}

/** Which builds there are, the current one first. */
export interface DeploymentState {
  readonly deployment: string;
  readonly builds: readonly BuildState[];
}

/** By the numbers of Temporal's enumeration; 0 is unspecified. */
const STATES: readonly BuildState['state'][] = ['inactive', 'inactive', 'current', 'ramping', 'draining', 'drained'];
const ORDER: readonly BuildState['state'][] = ['current', 'ramping', 'draining', 'inactive', 'drained'];

/** @returns undefined where no worker of the deployment has polled yet */
export async function readDeployment(
  client: Client,
  { deployment, taskQueue }: { readonly deployment: string; readonly taskQueue: string },
): Promise<DeploymentState | undefined> {
  const { namespace } = client.options;
  const service = client.workflowService;
  const found = await service.describeWorkerDeployment({ namespace, deploymentName: deployment }).catch(ifUnknown);
  if (found === undefined) return undefined;
  const { pollers } = await service.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
  });
  const { versionSummaries, routingConfig } = found.workerDeploymentInfo ?? {};
  const builds = await Promise.all(
    (versionSummaries ?? []).map(async (summary): Promise<BuildState> => {
      const buildId = summary.deploymentVersion?.buildId ?? '';
      const query = pinnedTo(deployment, buildId);
      const state = STATES[summary.status ?? 0] ?? 'inactive';
      const since = toIso(sinceOf(summary, state));
      const workers = pollers.filter(
        ({ deploymentOptions: by }) => by?.deploymentName === deployment && by.buildId === buildId,
      );
      return {
        buildId,
        state,
        ...(state === 'ramping' && { percent: routingConfig?.rampingVersionPercentage ?? 0 }),
        ...(since !== undefined && { since }),
        pinnedRuns: Number((await service.countWorkflowExecutions({ namespace, query })).count ?? 0),
        workers: new Set(workers.map(({ identity }) => identity)).size,
      };
    }),
  );
  const rank = ({ state }: BuildState): number => ORDER.indexOf(state);
  return { deployment, builds: builds.toSorted((one, other) => rank(one) - rank(other)) };
}

function sinceOf(summary: Summary, state: BuildState['state']): Time {
  if (state === 'current') return summary.currentSinceTime;
  if (state === 'ramping') return summary.rampingSinceTime;
  return state === 'inactive' ? summary.createTime : summary.drainageInfo?.lastChangedTime;
}

function toIso(time: Time): string | undefined {
  const seconds = Number(time?.seconds?.toString() ?? 0);
  return seconds === 0 ? undefined : new Date(seconds * 1000).toISOString();
}

function ifUnknown(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
  return undefined;
}
