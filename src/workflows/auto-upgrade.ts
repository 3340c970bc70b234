import { setWorkflowOptions, type Workflow, workflowInfo } from '@temporalio/workflow';

/**
 * Lets a workflow move to the build that is current, where its worker is one of a build: Temporal refuses what any other worker says of
 * versions, and the workflow task is tried for ever.
 */
export function autoUpgrade(workflow: Workflow): void {
  setWorkflowOptions(() => {
    const { deploymentName = '' } = workflowInfo().currentDeploymentVersion ?? {};
    return deploymentName === '' ? {} : { versioningBehavior: 'AUTO_UPGRADE' };
  }, workflow);
}
