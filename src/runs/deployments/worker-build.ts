const NOT_FOUND = 5;

/** Whether Temporal says that it does not know what was named. */
export function isNotFound(error: unknown): boolean {
  return (error as { code?: number }).code === NOT_FOUND;
}

/** Finds the open workflows that end on a build and nowhere else. The names hold no quotes. */
export function pinnedTo(deployment: string, buildId: string): string {
  return `TemporalWorkerDeploymentVersion = '${deployment}:${buildId}' AND TemporalWorkflowVersioningBehavior = 'Pinned' AND ExecutionStatus = 'Running'`;
}
