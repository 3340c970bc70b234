import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BundleOptions } from '@temporalio/worker';

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** The modules that build schemas of ours. */
const CONTRACT = fileURLToPath(new URL('../contract/', import.meta.url));
const ZOD = dirname(fileURLToPath(import.meta.resolve('zod')));

/**
 * Gives our schemas a copy of zod of their own. The SDK freezes what is loaded once for all runs, and that is our schemas with their
 * copy; a team's code that builds schemas with it would fail, because zod completes its classes at their first use.
 */
export function withOwnZod(config: WebpackConfig): WebpackConfig {
  const rule = { issuer: CONTRACT, include: ZOD, layer: 'garudust-temporal' };
  return {
    ...config,
    // What a module of the layer imports is of the layer: https://webpack.js.org/configuration/module/#rulelayer
    experiments: { ...config.experiments, layers: true },
    module: { ...config.module, rules: [...(config.module?.rules ?? []), rule] },
  };
}
