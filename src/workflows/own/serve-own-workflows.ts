import type { WorkflowDefinitionOptions } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import { validateInput, type ValidInput } from './input-schema.ts';
import { ownRun } from './own-run.ts';
import { type OwnModules, readOwnWorkflow } from './own-workflow.ts';
import { runOfTeam } from './run-of-team.ts';

/** What a process learns of a bundle before it serves it: names, and how their input is validated. */
export type OwnWorkflowLoaders = Readonly<Record<string, () => { validate(input: unknown): Promise<ValidInput> }>>;

/** Each loads the module of one workflow, and throws what is wrong with it. */
export function inspectOwnWorkflows(own: OwnModules): OwnWorkflowLoaders {
  return Object.fromEntries(
    Object.entries(own).map(([name, load]) => [
      name,
      () => {
        const { schema } = readOwnWorkflow(name, load);
        return { validate: (input: unknown) => validateInput(schema, input) };
      },
    ]),
  );
}

type AnyWorkflow = ((...args: unknown[]) => unknown) & {
  workflowDefinitionOptions?: WorkflowDefinitionOptions | (() => WorkflowDefinitionOptions);
};

/**
 * The workflow of every type that no module exports: a workflow of the settings, as a run where it was started as one, else plainly
 * with its arguments; or the team's own default.
 *
 * @param other the default export of the team's workflows, if it is a function
 */
export function serveOwnWorkflows(own: OwnModules, other: unknown): AnyWorkflow {
  const otherwise = typeof other === 'function' ? (other as AnyWorkflow) : undefined;
  const loader = (type: string): (() => unknown) | undefined => (Object.hasOwn(own, type) ? own[type] : undefined);
  const serve: AnyWorkflow = async (...args) => {
    const { workflowType } = workflowInfo();
    const load = loader(workflowType);
    if (runOfTeam() !== undefined) return ownRun(args[0], load, args.slice(1));
    if (load !== undefined) return (readOwnWorkflow(workflowType, load).run as AnyWorkflow)(...args);
    if (otherwise !== undefined) return otherwise(...args);
    // As the SDK says it.
    const why = 'no such function is exported by the workflow bundle';
    throw new TypeError(`Failed to initialize workflow of type '${workflowType}': ${why}`);
  };
  serve.workflowDefinitionOptions = () => {
    // What its signal handlers throw, and a history that no longer fits its code.
    if (loader(workflowInfo().workflowType) !== undefined && runOfTeam() !== undefined) {
      return { failureExceptionTypes: [Error] };
    }
    const options = otherwise?.workflowDefinitionOptions ?? {};
    return typeof options === 'function' ? options() : options;
  };
  return serve;
}
