import { type LoadedConfig, loadConfig } from '../../src/config/load-config.ts';
import { listSettings } from '../../src/config/list-settings.ts';

/** What `@temporalio/envconfig` reads, as far as a deployment needs it. */
const TEMPORAL_VARIABLES = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_API_KEY'];

/** What a cancelled activity gets to end by itself after the worker's grace. */
const FORCE_MS = 5000;

/** The settings that a process of ours would have with this environment. */
export function settingsOf(env: Readonly<Record<string, string>>): LoadedConfig {
  return loadConfig({ mode: 'production', env, cwd: '/', file: false });
}

/** The variables that no process of ours reads. */
export function unknownVariables(env: Readonly<Record<string, string>>): string[] {
  const known = new Set([...listSettings().map((setting) => setting.env), ...TEMPORAL_VARIABLES]);
  return Object.keys(env).filter((name) => !known.has(name));
}

/** How long a process of ours may take to end after SIGTERM, in milliseconds. */
export function drainMs(command: string, env: Readonly<Record<string, string>>): number {
  const { limits, worker } = settingsOf(env).config;
  return command === 'worker' ? worker.shutdownGrace + FORCE_MS : limits.shutdownGrace;
}
