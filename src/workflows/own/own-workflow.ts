import type { Task } from '../../contract/run.ts';
import { isRecord, toRecord } from '../../values/is-record.ts';
import { type InputSchema, isInputSchema } from './input-schema.ts';

/** The task of a run, and whose it is: the second argument of a workflow that a run executes. */
export interface WorkflowTask extends Task {
  readonly client: string;
  readonly source: string;
}

/** A workflow of a team, as its module exports it. */
export interface OwnWorkflow {
  readonly run: (input: unknown, task: WorkflowTask) => unknown;
  /** What its input has to be; absent: anything. */
  readonly schema?: InputSchema;
}

/** Loads the modules of a team's workflows, by the names that the settings give them. Webpack wrote it. */
export type OwnModules = Readonly<Record<string, () => unknown>>;

/**
 * Reads the module of a workflow: the function that it exports under the workflow's name, or as default, and the schema `input`.
 *
 * @throws TypeError that says what the module lacks; whatever the module throws when it is loaded
 */
export function readOwnWorkflow(name: string, load: () => unknown): OwnWorkflow {
  const module = toRecord(load());
  // To an ES module, the default of a CommonJS module is all of its exports.
  const defaults = module['default'];
  const run = [module[name], defaults, isRecord(defaults) ? (defaults[name] ?? defaults['default']) : undefined].find(
    (found) => typeof found === 'function',
  );
  if (run === undefined) {
    const names = Object.keys(module).filter((key) => typeof module[key] === 'function');
    const found = names.length === 0 ? 'no function' : `the functions ${names.join(', ')}`;
    throw new TypeError(`it exports ${found}: export the workflow as "${name}" or as default`);
  }
  const schema = module['input'] ?? (isRecord(defaults) ? defaults['input'] : undefined);
  if (schema !== undefined && !isInputSchema(schema)) {
    throw new TypeError(
      'its export "input" is no Standard Schema: export a schema of zod, valibot or arktype, or rename it',
    );
  }
  return { run: run as OwnWorkflow['run'], ...(schema !== undefined && { schema }) };
}
