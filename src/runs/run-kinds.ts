import type { Workflow } from '@temporalio/client';
import { REDELIVERY_WORKFLOW, type Workflows } from '../contract/names.ts';
import type { RunResource } from '../protocol/run-resource.ts';
import { agentRun } from './kinds/agent-run.ts';
import type { RunFacts } from './run-facts.ts';
import type { RunKind, RunLinks } from './run-kind.ts';

/** One kind for every workflow of `W`, under the workflow's own name. */
export type RunKindsOf<W extends { [Type in keyof W]: Workflow }> = {
  readonly [Type in keyof W & string]: RunKind<Type, W[Type]>;
};

/** What each workflow means as a run. A workflow without its row does not compile. */
export const RUN_KINDS: RunKindsOf<Workflows> = { agentRun };

/** The kind that an accepted task becomes: each one asks one agent. */
export const TASK_KIND = RUN_KINDS.agentRun;

/** The part of a query of Temporal's list that takes runs, and nothing else that lives in the namespace. */
export const IS_A_RUN = `WorkflowType IN (${Object.keys(RUN_KINDS)
  .map((type) => `'${type}'`)
  .join(', ')})`;

/** The same for redeliveries of closed runs. */
export const IS_A_REDELIVERY = `WorkflowType = '${REDELIVERY_WORKFLOW}'`;

/** Whether a workflow type is one of ours. */
export function isRunType(type: string): type is keyof Workflows {
  return Object.hasOwn(RUN_KINDS, type);
}

/** The run as its caller sees it, by its own kind. */
export function toRunResource(facts: RunFacts, links: RunLinks): RunResource {
  return RUN_KINDS[facts.type].project(facts, links);
}
