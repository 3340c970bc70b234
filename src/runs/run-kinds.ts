import { REDELIVERY_WORKFLOW, WORKFLOW, type Workflows } from '../contract/names.ts';
import type { RunInput, RunMemo } from '../contract/run.ts';
import { SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
import type { RunResource } from '../protocol/run-resource.ts';
import { agentRun } from './kinds/agent-run.ts';
import { ownRun } from './kinds/own-run.ts';
import type { RunFacts } from './run-facts.ts';
import type { RunKind, RunLinks } from './run-kind.ts';

/** One kind for every workflow of `W`, under the workflow's own name. */
export type RunKindsOf<W> = { readonly [Type in keyof W]: RunKind };

/** What each of our workflows means as a run. A workflow without its row does not compile. */
export const RUN_KINDS: RunKindsOf<Workflows> = { agentRun };

/** What a run means by the type of its workflow: every type that is none of ours is a workflow of a team. */
export function kindOf({ type }: Pick<RunFacts, 'type'>): RunKind {
  return isOurs(type) ? RUN_KINDS[type] : ownRun;
}

/** The workflow that an accepted task starts. */
export function workflowTypeOf(input: RunInput): string {
  return 'workflow' in input ? input.workflow : WORKFLOW.agentRun;
}

/**
 * The part of a query of Temporal's list that takes runs, and nothing else that lives in the namespace. Runs that a team's code has
 * started as a plain child may lack our attributes.
 */
export const IS_A_RUN = `(WorkflowType = '${WORKFLOW.agentRun}' OR (${SEARCH_ATTRIBUTE.client} IS NOT NULL AND WorkflowType != '${REDELIVERY_WORKFLOW}'))`;

/** The same for redeliveries of closed runs. */
export const IS_A_REDELIVERY = `WorkflowType = '${REDELIVERY_WORKFLOW}'`;

/** Whether a memo is one that a run of this workflow type is started with. */
export function isRunMemo(memo: Readonly<Record<string, unknown>> | undefined, type: string): memo is RunMemo {
  const { client, source, agent, workflow } = memo ?? {};
  const isRun = isOurs(type) ? typeof agent === 'string' : workflow === type;
  return isRun && typeof client === 'string' && typeof source === 'string';
}

function isOurs(type: string): type is keyof Workflows {
  return Object.hasOwn(RUN_KINDS, type);
}

/** The run as its caller sees it, by its own kind. */
export function toRunResource(facts: RunFacts, links: RunLinks): RunResource {
  return kindOf(facts).project(facts, links);
}
