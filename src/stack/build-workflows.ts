import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { LoadOptions } from '../config/load-config.ts';
import { readWorkflowSettings, type WorkflowSettings } from '../config/read-workflows.ts';
import { loadPlugins } from './load-plugins.ts';
import { buildBundle } from './load-workflows.ts';
import { StartError, toStartError } from './start-error.ts';

/** A bundle that was written. */
export interface BuiltWorkflows {
  readonly path: string;
  readonly bytes: number;
  readonly workflows: readonly string[];
}

/**
 * Bundles the workflows of the settings file, checks that each can be served, and writes the bundle.
 *
 * @param out where to; default: `workflow_bundle`
 * @throws StartError that says what is wrong with which workflow
 */
export async function buildWorkflows({
  out,
  ...options
}: Pick<LoadOptions, 'env' | 'cwd' | 'flags'> & { readonly out?: string | undefined }): Promise<BuiltWorkflows> {
  const { workflows, workflowBundle, plugins } = readSettings(options);
  const path = out === undefined ? workflowBundle : resolve(options.cwd, out);
  if (path === undefined) {
    throw new StartError('There is no file to write: set workflow_bundle (WORKFLOW_BUNDLE), or name one with --out.');
  }
  const names = Object.keys(workflows);
  if (names.length === 0)
    throw new StartError('workflows is empty: name a workflow and its module in the settings file.');
  const code = await buildBundle(workflows, await loadPlugins(plugins));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
  return { path, bytes: Buffer.byteLength(code), workflows: names };
}

function readSettings(options: Parameters<typeof readWorkflowSettings>[0]): WorkflowSettings {
  try {
    return readWorkflowSettings(options);
  } catch (error) {
    throw toStartError(error);
  }
}
