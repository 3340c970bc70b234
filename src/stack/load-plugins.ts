import { createRequire } from 'node:module';
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ClientPlugin, ConnectionPlugin } from '@temporalio/client';
import type { BundlerPlugin, NativeConnectionPlugin, WorkerPlugin } from '@temporalio/worker';
import { StartError } from './start-error.ts';
import { isRecord } from '../values/is-record.ts';

/** A plugin of the Temporal SDK, whichever of its parts it hooks into. */
export type TemporalPlugin = ClientPlugin & ConnectionPlugin & NativeConnectionPlugin & WorkerPlugin & BundlerPlugin;

/** One hook of each part: a plugin has one of them at least. */
const HOOKS = [
  ...['configureClient', 'configureConnection', 'configureNativeConnection'],
  ...['configureWorker', 'configureReplayWorker', 'runWorker', 'configureBundler'],
];

/**
 * Loads the modules that `worker.plugins` lists. A module exports a plugin, or a function that returns one, as its default or
 * as `plugin`.
 *
 * @param modules paths and names of packages, both looked up from the working directory
 * @throws StartError that names the module and the reason
 */
export async function loadPlugins(modules: readonly string[]): Promise<TemporalPlugin[]> {
  return Promise.all(
    modules.map(async (name) => {
      try {
        return await loadPlugin(name);
      } catch (error) {
        // Node tells after the first line which modules asked for it.
        const [why] = (error instanceof Error ? error.message : String(error)).split('\n');
        throw new StartError(`worker.plugins: cannot load ${name}: ${why}`, { cause: error });
      }
    }),
  );
}

async function loadPlugin(name: string): Promise<TemporalPlugin> {
  const loaded = (await import(locate(name))) as { readonly default?: unknown; readonly plugin?: unknown };
  const exported = loaded.plugin ?? loaded.default;
  // To an ES module, the default of a CommonJS module is all of its exports.
  const { plugin, default: nested } = (exported ?? {}) as { readonly plugin?: unknown; readonly default?: unknown };
  const found = plugin ?? nested ?? exported;
  const made: unknown = typeof found === 'function' ? await (found as () => unknown)() : found;
  if (isPlugin(made)) return made;
  throw new TypeError(
    'it exports no Temporal plugin. Export an instance, or a function that returns one, as default or as "plugin".',
  );
}

function locate(name: string): string {
  if (isAbsolute(name) || name.startsWith('.')) return pathToFileURL(resolve(name)).href;
  try {
    return pathToFileURL(createRequire(resolve('package.json')).resolve(name)).href;
  } catch (error) {
    // A package without an entry for CommonJS, which may be one of ours.
    if ((error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return name;
    throw error;
  }
}

function isPlugin(value: unknown): value is TemporalPlugin {
  return (
    isRecord(value) && typeof value['name'] === 'string' && HOOKS.some((hook) => typeof value[hook] === 'function')
  );
}
