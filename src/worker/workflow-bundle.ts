import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkerOptions } from '@temporalio/worker';

/** The entry point of our workflows: TypeScript from the sources, JavaScript from a build. */
const WORKFLOWS_PATH = fileURLToPath(new URL(`../workflows/index${extname(import.meta.url)}`, import.meta.url));

/** Where `npm run build` leaves the bundle. */
export const BUNDLE_PATH = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/**
 * The worker's workflow code: the bundle of the build where there is one, which saves a second at every start; else the
 * worker bundles for itself.
 *
 * @param path another prebuilt bundle.
 */
export function workflowSource(path = BUNDLE_PATH): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  return existsSync(path) ? { workflowBundle: { codePath: path } } : { workflowsPath: WORKFLOWS_PATH };
}

/** Bundles our workflows; needs no server. */
export async function bundleWorkflows(): Promise<string> {
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger: quiet });
  return code;
}
