import { dirname, resolve } from 'node:path';
import { listOf } from '../settings/kind.ts';
import { ownWorkflows, workflowBundle } from '../settings/own-workflows.ts';
import { moduleName } from '../settings/texts.ts';
import { toRecord } from '../values/is-record.ts';
import { ConfigError } from './config-error.ts';
import type { Config } from './config.ts';
import { findFile, type LoadOptions } from './load-config.ts';
import { readFile } from './read-file.ts';

/** What a bundle of workflows is built from. */
export interface WorkflowSettings extends Pick<Config, 'workflows' | 'workflowBundle'> {
  /** As `worker.plugins`. */
  readonly plugins: readonly string[];
}

const plugins = listOf(moduleName, 'modules');

/**
 * Reads what the settings file says of workflows, and nothing else: where they are built there are no secrets.
 *
 * @throws ConfigError for a file that cannot be read, or says nothing sound of workflows
 */
export function readWorkflowSettings(options: Pick<LoadOptions, 'env' | 'cwd' | 'flags' | 'file'>): WorkflowSettings {
  const { env, cwd } = options;
  const name = findFile(options);
  if (name === undefined) throw toError('There is no settings file: name it with --config.');
  const { values, problems } = readFile(resolve(cwd, name), name, { env, cwd });
  const fatal = problems.filter(({ path }) => path === '' || path.startsWith('workflow'));
  if (fatal.length > 0) throw new ConfigError(fatal);
  const folder = dirname(resolve(cwd, name));
  const modules = read('workflows', () => ownWorkflows.read(values['workflows'] ?? {}));
  const bundle = env['WORKFLOW_BUNDLE'] ?? values['workflow_bundle'];
  return {
    workflows: Object.fromEntries(Object.entries(modules).map(([key, path]) => [key, resolve(folder, path)])),
    ...(bundle !== undefined && {
      workflowBundle: resolve(
        folder,
        read('workflow_bundle', () => workflowBundle.read(bundle)),
      ),
    }),
    plugins: read('worker.plugins', () => plugins.read(toRecord(values['worker'])['plugins'] ?? [])),
  };
}

function read<T>(setting: string, reading: () => T): T {
  try {
    return reading();
  } catch (error) {
    throw toError(`${setting} ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function toError(line: string): ConfigError {
  return new ConfigError([{ path: '', line }]);
}
