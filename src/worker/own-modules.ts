import type { BundleOptions, WorkerOptions } from '@temporalio/worker';

/** Absolute paths of the modules of a team's workflows, by name. */
export type OwnModulePaths = Readonly<Record<string, string>>;

/** The name under which the entry point imports them. */
const OWN_WORKFLOWS = 'garudust-temporal/own-workflows';

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];
type WebpackPlugin = NonNullable<WebpackConfig['plugins']>[number];

/**
 * Puts loaders of a team's modules in the place of `garudust-temporal/own-workflows`. Each module is loaded by its own workflows alone,
 * so that one that throws fails no run of another.
 */
export function ownModulesPlugin(modules: OwnModulePaths): WebpackPlugin {
  const loaders = Object.entries(modules).map(
    ([name, path]) => `${JSON.stringify(name)}: () => require(${JSON.stringify(path)})`,
  );
  // Webpack reads it as CommonJS: https://webpack.js.org/configuration/module/#rulemimetype
  const request = `data:application/node,${encodeURIComponent(`module.exports = { ${loaders.join(', ')} };`)}`;
  return {
    apply: ({ hooks }) =>
      hooks.normalModuleFactory.tap('garudust-temporal', (factory) =>
        factory.hooks.beforeResolve.tap('garudust-temporal', (data) => {
          if (data.request === OWN_WORKFLOWS) data.request = request;
          return undefined;
        }),
      ),
  };
}

/**
 * Where the code of a team's workflow no longer fits a history, the run fails, instead of a workflow task that is tried for ever.
 */
export function endingMisfits(
  { workflowFailureErrorTypes: given }: WorkerOptions,
  modules: OwnModulePaths = {},
): Pick<WorkerOptions, 'workflowFailureErrorTypes'> {
  const types = Object.keys(modules).map((name) => [name, ['NondeterminismError']] as const);
  if (types.length === 0) return {};
  return { workflowFailureErrorTypes: { '*': [], ...given, ...Object.fromEntries(types) } };
}
