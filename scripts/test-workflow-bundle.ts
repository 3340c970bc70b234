import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflows } from '../src/worker/workflow-bundle.ts';

/**
 * Bundles the workflows once for all test files, which find the bundle's path in `TEST_WORKFLOW_BUNDLE`.
 *
 * @param folder a temporary folder for the bundle, removed after the tests.
 * @returns the path of the bundle.
 */
export async function bundleWorkflowsForTests(folder: string): Promise<string> {
  const path = join(folder, 'workflow-bundle.js');
  writeFileSync(path, await bundleWorkflows());
  return path;
}
