import { AsyncLocalStorage } from 'node:async_hooks';
import { createContext, runInContext } from 'node:vm';
import { within } from '../timing/within.ts';

/** One wrong field of an input; an empty `field` is the whole. */
export interface BundledIssue {
  readonly field: string;
  readonly message: string;
}

/** A workflow of a team, as its bundle has it. */
export interface BundledWorkflow {
  /** What the schema of its module finds wrong with an input; empty: nothing, or there is no schema. Never rejects. */
  readonly validate: (input: unknown) => Promise<readonly BundledIssue[]>;
}

/** What a module of the bundle does when it is loaded, and a schema when it validates, without end. In milliseconds. */
const LOADS_WITHIN_MS = 5000;
const VALIDATES_WITHIN_MS = 1000;

type Validity = { readonly ok: true } | { readonly ok: false; readonly issues: readonly BundledIssue[] };

/** The exports of `src/workflows/registered.ts`. */
interface Registered {
  readonly ownWorkflows?: Readonly<Record<string, () => { validate(input: unknown): Promise<Validity> }>>;
}

/**
 * Loads the modules of a team's workflows outside of any workflow, in a context with nothing but what workflows have there.
 *
 * @throws Error that names the workflow and says what is wrong with its module
 */
export function readBundle(code: string): ReadonlyMap<string, BundledWorkflow> {
  const context = createContext({
    ...{ URL, URLSearchParams, TextEncoder, TextDecoder, AbortController, AsyncLocalStorage },
    console: { log() {}, warn() {}, error() {}, info() {}, debug() {} },
    __webpack_module_cache__: {},
  });
  const run = (script: string): unknown => runInContext(script, context, { timeout: LOADS_WITHIN_MS });
  run(code);
  // What the SDK asks for the time, which a schema may compare with, and for random numbers.
  run('globalThis.__TEMPORAL_ACTIVATOR__ = { random: () => 0.5, hasFlag: () => true }');
  Object.defineProperty(run('__TEMPORAL_ACTIVATOR__'), 'now', { get: () => Date.now() });
  const registered = run('__TEMPORAL__.importWorkflows()') as Registered;
  const parse = run('JSON.parse') as (json: string) => unknown;
  const { ownWorkflows = {} } = registered;
  return new Map(
    Object.entries(ownWorkflows).map(([name, load]) => {
      if (Object.hasOwn(registered, name)) {
        throw new Error(`${name}: another module of this worker exports a workflow of this name: rename one of them.`);
      }
      Object.assign(context, { load });
      const module = loadModule(name, () => run('load()') as ReturnType<typeof load>);
      // Made in the context, so that a schema recognises its objects.
      return [name, { validate: (input) => toIssues(() => module.validate(parse(JSON.stringify(input)))) }];
    }),
  );
}

function loadModule<T>(name: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    // An error of the context is no instance of ours.
    const { name: kind = 'Error', message = String(error) } = (error ?? {}) as Partial<Error>;
    const why = kind === 'TypeError' ? message : `it throws when it is loaded: ${kind}: ${message}`;
    throw new Error(`${name}: ${why}.`, { cause: error });
  }
}

async function toIssues(validate: () => Promise<Validity>): Promise<readonly BundledIssue[]> {
  try {
    const late = (): Validity => ({ ok: false, issues: [{ field: '', message: 'its schema did not answer in time' }] });
    const valid = await within(VALIDATES_WITHIN_MS, validate(), late);
    return valid.ok ? [] : valid.issues.map(({ field, message }) => ({ field, message }));
  } catch {
    return [{ field: '', message: 'its schema failed' }];
  }
}
