import type { AgentPolicy } from '../../contract/agent-policy.ts';
import type { AgentRunInput, OwnRunInput } from '../../contract/run.ts';
import { fieldProblem, ProblemError, type ProblemField } from '../../protocol/problem-error.ts';
import type { TaskRequest } from '../../protocol/task-request.ts';
import { ellipsize } from '../../values/plain-text.ts';
import type { IngressClient } from '../ingress-client.ts';

/** What can execute tasks. */
export interface ExecutorDeps {
  readonly agents: ReadonlyMap<string, AgentPolicy>;
  readonly defaultAgent: string;
  /** The workflows of the operator by name. Default: none. */
  readonly workflows?: ReadonlyMap<string, ServedWorkflow>;
}

/** A workflow of the operator that a task may start. */
export interface ServedWorkflow {
  /** What is wrong with an input; empty: nothing. Never rejects. */
  readonly validate: (input: unknown) => Promise<readonly ProblemField[]>;
}

/** What the operator configured for a source. */
interface NamedBySource {
  readonly agent?: string | undefined;
  readonly workflow?: string | undefined;
}

const MAX_SHOWN = 80;

type Executor = Pick<AgentRunInput, 'agent' | 'agentPolicy'> | Pick<OwnRunInput, 'workflow' | 'input' | 'agent'>;

/**
 * What executes a client's task: the workflow or the agent of the source, else of the task, else the workflow of the client, else an
 * agent.
 */
export async function pickExecutor(
  client: IngressClient,
  request: TaskRequest,
  { agent, workflow, ...deps }: ExecutorDeps & NamedBySource,
): Promise<Executor> {
  const byTask = agent ?? request.agent;
  const named = workflow ?? (agent === undefined ? request.workflow : undefined);
  const wanted = named ?? (byTask === undefined ? client.workflow : undefined);
  if (wanted !== undefined) return pickWorkflow(client, request, { wanted, bySource: workflow !== undefined, ...deps });
  if ('input' in request) {
    const message = 'is for workflows, and an agent takes a text alone: name a workflow, or send a text';
    throw fieldProblem('invalid_task', [{ field: 'input', message }]);
  }
  return pickAgent(client, deps, { bySource: agent, byTask: request.agent });
}

async function pickWorkflow(
  { id, workflows: permitted }: IngressClient,
  request: TaskRequest,
  {
    wanted,
    bySource,
    workflows = new Map<string, ServedWorkflow>(),
  }: Pick<ExecutorDeps, 'workflows'> & { readonly wanted: string; readonly bySource: boolean },
): Promise<Executor> {
  const names = [...workflows.keys()].filter((name) => permitted?.includes(name) ?? true);
  const workflow = workflows.get(wanted);
  // A source and a client name what their operator means them to start.
  if (workflow === undefined || (!bySource && request.workflow !== undefined && !names.includes(wanted))) {
    const fix = names.length === 0 ? 'ask the operator' : `name one of ${names.join(', ')}`;
    const message = `${JSON.stringify(ellipsize(wanted, MAX_SHOWN))} is not a workflow of the client "${id}": ${fix}`;
    throw new ProblemError('workflow_not_permitted', `workflow ${message}.`, [{ field: 'workflow', message }]);
  }
  const isGiven = 'input' in request;
  const faults = await workflow.validate(isGiven ? request.input : request.text);
  if (faults.length > 0) {
    const place = ({ field, message }: ProblemField): ProblemField => ({
      field: [isGiven ? 'input' : 'text', field].filter((part) => part !== '').join('.'),
      message,
    });
    throw fieldProblem('invalid_input', faults.map(place));
  }
  return { workflow: wanted, ...(isGiven && { input: request.input }) };
}

/**
 * The agent that runs a client's task: the default agent if the client may use it, otherwise the first one that it may use.
 *
 * @param wanted the agent that the operator configured for the source, or that the task names; overrides the rule above
 */
function pickAgent(
  client: IngressClient,
  deps: Pick<ExecutorDeps, 'agents' | 'defaultAgent'>,
  { bySource, byTask }: { readonly bySource: string | undefined; readonly byTask: string | undefined },
): { agent: string; agentPolicy: AgentPolicy } {
  const wanted = bySource ?? byTask;
  const permitted = client.agents;
  const isPermitted = (name: string): boolean => permitted === undefined || permitted.includes(name);
  const usual = isPermitted(deps.defaultAgent) ? deps.defaultAgent : permitted?.find((name) => deps.agents.has(name));
  const agent = wanted === undefined ? usual : isPermitted(wanted) ? wanted : undefined;
  const agentPolicy = agent === undefined ? undefined : deps.agents.get(agent);
  if (agent === undefined || agentPolicy === undefined) {
    if (bySource === undefined && byTask !== undefined)
      throw refuseAgent(byTask, client, [...deps.agents.keys()].filter(isPermitted));
    const what = wanted === undefined ? 'No agent is permitted' : 'The agent of this source is not permitted';
    throw new ProblemError('agent_not_permitted', `${what} for the client "${client.id}": ask the operator.`);
  }
  return { agent, agentPolicy };
}

function refuseAgent(agent: string, { id }: IngressClient, permitted: readonly string[]): ProblemError {
  const names = permitted.length === 0 ? 'ask the operator' : `name one of ${permitted.join(', ')}`;
  const message = `${JSON.stringify(ellipsize(agent, MAX_SHOWN))} is not an agent of the client "${id}": ${names}`;
  return new ProblemError('agent_not_permitted', `agent ${message}.`, [{ field: 'agent', message }]);
}
