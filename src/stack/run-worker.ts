import { runProcess } from './run-process.ts';
import type { PluginAgent } from './worker-parts.ts';

/** What `runWorker` serves. */
export interface RunWorkerOptions {
  /** Settings file. Default: `GARUDUST_TEMPORAL_CONFIG`, else `garudust-temporal.yaml` where there is one. */
  readonly config?: string;
  /** Agents by name, beside those of the settings. */
  readonly agents?: Readonly<Record<string, PluginAgent>>;
  /** Absolute path of a module whose exports are workflows of the worker, beside those that the settings name. */
  readonly workflowsPath?: string;
  /** Ends the worker. Default: SIGTERM, SIGINT and SIGHUP do. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the worker that `garudust-temporal worker` runs, with agents and workflows of your own: with the settings, journal, admin port
 * and drain of that. Resolves when it has been drained.
 *
 * @throws StartError for invalid settings, a workflow that cannot be served, or a port or folder that is not available; TypeError for
 * an agent that is none
 * @example
 * await runWorker({
 *   config: 'garudust-temporal.yaml',
 *   workflowsPath: fileURLToPath(import.meta.resolve('./workflows.js')),
 *   agents: { mine: { run: async (text, { signal }) => ({ output: await model(text, signal) }) } },
 * });
 */
export async function runWorker({ config, agents, workflowsPath, signal }: RunWorkerOptions = {}): Promise<void> {
  const { env, stdout } = process;
  await runProcess(
    { ingress: false, worker: true },
    {
      ...{ env, stdout, cwd: process.cwd(), interrupted: signal ?? untilSignaled() },
      ...(config !== undefined && { file: config }),
      ...(agents && { ownAgents: agents }),
      ...(workflowsPath !== undefined && { workflowsPath }),
    },
  );
}

function untilSignaled(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}
