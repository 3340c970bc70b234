/**
 * Bundles the workflows once for all test files, which find the bundle's path in `TEST_WORKFLOW_BUNDLE`.
 *
 * @param _folder a temporary folder for the bundle, removed after the tests.
 * @returns the path of the bundle; undefined when each test bundles for itself.
 */
export function bundleWorkflowsForTests(_folder: string): Promise<string | undefined> {
  return Promise.resolve(process.env['TEST_WORKFLOW_BUNDLE']);
}
