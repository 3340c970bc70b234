import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  type BundleOptions,
  type BundlerPlugin,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { type OwnModulePaths, ownModulesPlugin } from './own-modules.ts';
import { withOwnZod } from './with-own-zod.ts';

/** The entry point of our workflows: TypeScript from the sources, JavaScript from a build. */
export const WORKFLOWS_PATH = fileURLToPath(
  new URL(`../workflows/registered${extname(import.meta.url)}`, import.meta.url),
);

/** What each workflow thread loads once for all runs. */
const SHARED_SCHEMAS = fileURLToPath(
  new URL(`../workflows/shared-schemas${extname(import.meta.url)}`, import.meta.url),
);

/** The name under which the entry point imports a team's workflows. */
const YOUR_WORKFLOWS = 'garudust-temporal/your-workflows';

/** A text of the entry point, which stands in every bundle of it. */
const MARK = 'garudust-temporal/registered-workflows';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const INLINE_MAP = ';base64,';

/** Where `npm run build` leaves the bundle. */
export const BUNDLE_PATH = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/**
 * The worker's workflow code: the bundle of the build where there is one, which saves a second at every start; else the
 * worker bundles for itself.
 *
 * @param path another prebuilt bundle.
 */
export function workflowSource(
  path = BUNDLE_PATH,
): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'plugins'> {
  return existsSync(path)
    ? { workflowBundle: { codePath: path } }
    : { workflowsPath: WORKFLOWS_PATH, plugins: [withOurs()] };
}

/** What is bundled beside our workflows, and where problems are told. */
export interface BundleParts {
  /** Of workflows that the settings name. */
  readonly modules?: OwnModulePaths;
  /** A module whose exports are further workflows. */
  readonly workflowsPath?: string;
  readonly plugins?: readonly BundlerPlugin[];
  /** Gets what webpack says of a bundle that fails. */
  readonly onError?: (text: string) => unknown;
}

/** Bundles our workflows, with those of a team if there are any; needs no server. */
export async function bundleWorkflows({
  modules,
  workflowsPath = WORKFLOWS_PATH,
  plugins = [],
  onError,
}: BundleParts = {}): Promise<string> {
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: (text: string) => onError?.(text) };
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    plugins: [...plugins, withOurs(modules)],
    logger: quiet,
  });
  return nameSourcesByProject(code);
}

/** The inline source map, which contains its sources, names them by their place in the project instead of on this machine. */
function nameSourcesByProject(code: string): string {
  const start = code.lastIndexOf(INLINE_MAP) + INLINE_MAP.length;
  const map = Buffer.from(code.slice(start), 'base64').toString().replaceAll(ROOT, 'garudust-temporal/');
  return code.slice(0, start) + Buffer.from(map).toString('base64');
}

/**
 * Lets a bundle hold our workflows beside those of its `workflowsPath`.
 *
 * @param modules of workflows that the settings name
 * @throws Error when their code would get another copy of the SDK than ours, in which no workflow of ours could run
 */
export function bundleWithOurs(options: BundleOptions, modules: OwnModulePaths = {}): BundleOptions {
  const { workflowsPath: given, webpackConfigHook = (config) => config } = options;
  const yours: string | false = given === WORKFLOWS_PATH ? false : given;
  for (const path of [...(yours === false ? [] : [yours]), ...Object.values(modules)]) refuseSecondSdk(path);
  return {
    ...options,
    workflowsPath: WORKFLOWS_PATH,
    preloadModules: [...(options.preloadModules ?? []), SHARED_SCHEMAS],
    webpackConfigHook: (config) => {
      const { resolve, plugins = [], ...hooked } = webpackConfigHook(withOwnZod(config));
      const others = resolve?.alias ?? {};
      const alias = Array.isArray(others)
        ? [...others, { name: YOUR_WORKFLOWS, alias: yours }]
        : { ...others, [YOUR_WORKFLOWS]: yours };
      // Webpack 5.113 takes `z.coerce.number` of a team's code for `z.number` where it leaves out modules without side effects.
      const hasOthers = yours !== false || Object.keys(modules).length > 0;
      const optimization = { ...hooked.optimization, ...(hasOthers && { sideEffects: false }) };
      return {
        ...hooked,
        optimization,
        plugins: [...plugins, ownModulesPlugin(modules)],
        resolve: { ...resolve, alias },
      };
    },
  };
}

/** A bundler plugin that does `bundleWithOurs` and nothing else. */
function withOurs(modules?: OwnModulePaths): BundlerPlugin {
  const name = 'garudust-temporal-workflows';
  return { name, configureBundler: (options) => bundleWithOurs(options, modules) };
}

/** Whether a prebuilt bundle holds our workflows. */
export function hasOurWorkflows(bundle: WorkflowBundleOption): boolean {
  const code = 'code' in bundle ? bundle.code : readFileSync(bundle.codePath, 'utf8');
  return code.includes(MARK);
}

function refuseSecondSdk(workflowsPath: string): void {
  const ours = locateSdk(import.meta.url);
  const theirs = locateSdk(workflowsPath);
  if (theirs === undefined || theirs === ours) return;
  throw new Error(
    `Two copies of @temporalio/workflow are installed, ${theirs} and ${String(ours)}: install the version that garudust-temporal has, for every @temporalio package.`,
  );
}

function locateSdk(from: string): string | undefined {
  try {
    return createRequire(from).resolve('@temporalio/workflow');
  } catch {
    return undefined;
  }
}
