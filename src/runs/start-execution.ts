import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';

/** Temporal's own attribute: the builds of the workers that have worked at a run. */
const BUILD_IDS = defineSearchAttributeKey('BuildIds', 'KEYWORD_LIST');

/** Starts an execution as `client.workflow.start` does, and throws what it throws. */
export type StartExecution = (client: Client, workflowType: string, options: WorkflowStartOptions) => Promise<unknown>;

/**
 * Makes the function that starts executions. An eager start says which build gets the first workflow task. Temporal would note it after
 * that task, and write the run's record for its lists once more: three times a run instead of twice
 * (docs/decisions/0049-an-eager-start-names-its-build.md). A server that does not let a start say it is asked once.
 *
 * @param ownBuild the build ID of the worker of this process, which is not versioned; undefined where there is none, or it is
 */
export function createStartExecution(ownBuild: string | undefined): StartExecution {
  let isTaken = true;
  return async (client, workflowType, options) => {
    if (ownBuild !== undefined && isTaken && options.requestEagerStart === true) {
      try {
        return await client.workflow.start(workflowType, withBuild(options, ownBuild));
      } catch (error) {
        if (!isRefused(error)) throw error;
        isTaken = false;
      }
    }
    return client.workflow.start(workflowType, options);
  };
}

/** Temporal's own words for a worker without versioning (`common/worker_versioning` of the server). */
function withBuild(options: WorkflowStartOptions, build: string): WorkflowStartOptions {
  const attributes = options.typedSearchAttributes ?? [];
  const builds = { key: BUILD_IDS, value: ['unversioned', `unversioned:${build}`] };
  return {
    ...options,
    typedSearchAttributes: [...('getAll' in attributes ? attributes.getAll() : attributes), builds],
  };
}

/** Servers permit it for now: `predefinedWhiteList` in `common/searchattribute/sadefs` of 1.31. */
function isRefused(error: unknown): boolean {
  const { cause } = error as { cause?: { details?: string } };
  return cause?.details?.includes(BUILD_IDS.name) === true;
}
