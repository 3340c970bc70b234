import { existsSync, readFileSync } from 'node:fs';
import type { BundlerPlugin } from '@temporalio/worker';
import type { Config } from '../config/config.ts';
import { type BundledWorkflow, readBundle } from '../worker/read-bundle.ts';
import { bundleWorkflows, hasOurWorkflows } from '../worker/workflow-bundle.ts';
import { StartError } from './start-error.ts';

/** The workflows of the settings, ready to be served. */
export interface LoadedWorkflows {
  readonly workflows: ReadonlyMap<string, BundledWorkflow>;
  /** What a worker runs; absent where the settings name no workflow. */
  readonly bundle?: { readonly code: string };
}

/**
 * Loads the bundle that `garudust-temporal build` wrote, else bundles the workflows of the settings, which takes two seconds.
 *
 * @param plugins those of the worker
 * @param workflowsPath a module whose exports are further workflows
 * @throws StartError that names the workflow and says why it cannot be served
 */
export async function loadWorkflows(
  config: Pick<Config, 'workflows' | 'workflowBundle'>,
  plugins: readonly BundlerPlugin[] = [],
  workflowsPath?: string,
): Promise<LoadedWorkflows> {
  const names = Object.keys(config.workflows);
  if (names.length === 0 && workflowsPath === undefined) return { workflows: new Map() };
  // A bundle that was built holds no further workflows.
  const path = workflowsPath === undefined ? config.workflowBundle : undefined;
  const code = path === undefined ? await buildBundle(config.workflows, plugins, workflowsPath) : readBuilt(path);
  const workflows = readWorkflows(code, path ?? 'workflows');
  const missing = names.filter((name) => !workflows.has(name));
  if (missing.length > 0) {
    throw new StartError(
      `workflow_bundle: ${path} does not contain ${missing.join(', ')}: run "garudust-temporal build" again.`,
    );
  }
  return { workflows, bundle: { code } };
}

/**
 * Bundles the workflows of the settings, and checks that each can be served.
 *
 * @throws StartError that names the workflow and says why it cannot be served
 */
export async function buildBundle(
  modules: Config['workflows'],
  plugins: readonly BundlerPlugin[] = [],
  workflowsPath?: string,
): Promise<string> {
  for (const [name, path] of Object.entries(modules)) {
    if (!existsSync(path)) throw new StartError(`workflows.${name}: there is no file ${path}: correct the path.`);
  }
  let said = '';
  try {
    const onError = (text: string): unknown => (said += `${text}\n`);
    const code = await bundleWorkflows({ modules, plugins, onError, ...(workflowsPath && { workflowsPath }) });
    readWorkflows(code, 'workflows');
    return code;
  } catch (error) {
    if (error instanceof StartError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new StartError(`workflows: ${whatWebpackSays(said) ?? message}`, { cause: error });
  }
}

function readWorkflows(code: string, place: string): ReadonlyMap<string, BundledWorkflow> {
  try {
    return readBundle(code);
  } catch (error) {
    throw new StartError(`${place}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function readBuilt(path: string): string {
  const fix = 'run "garudust-temporal build", or remove workflow_bundle (WORKFLOW_BUNDLE) to bundle at every start.';
  let code: string;
  try {
    code = readFileSync(path, 'utf8');
  } catch (error) {
    throw new StartError(`workflow_bundle: cannot read ${path}: ${fix}`, { cause: error });
  }
  if (hasOurWorkflows({ code })) return code;
  throw new StartError(`workflow_bundle: ${path} is no bundle of this product: ${fix}`);
}

/** The error itself, without the stack of webpack's own code. */
function whatWebpackSays(output: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- colours
  const lines = output.replace(/\u001b\[[\d;]*m/g, '').split('\n');
  const node = /Reading from "(node:[^"]+)"/.exec(output)?.[1];
  if (node !== undefined) {
    return `cannot be bundled: a workflow cannot import ${node}, which is not deterministic: use it in an agent or an activity.`;
  }
  const start = lines.findIndex((line) => line.startsWith('ERROR in'));
  if (start === -1) return undefined;
  const end = lines.findIndex((line, index) => index > start && (line.trim() === '' || line.trim().startsWith('at ')));
  return lines
    .slice(start, Math.min(end === -1 ? Infinity : end, start + 8))
    .map((line) => line.trim())
    .join(' ')
    .replace(/^ERROR in /, 'cannot be bundled: ');
}
