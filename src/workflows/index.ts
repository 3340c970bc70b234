/**
 * What workflow code imports from `garudust-temporal/workflows`: agents and callbacks as steps, and the names of their results
 * and failures. Nothing here needs Node.
 *
 * `GarudustPlugin` adds the workflow `agentRun` to a worker, together with its activities.
 */
export type { Activities } from '../contract/activities.ts';
export { type AgentPolicy, DEFAULT_AGENT_POLICY, type PolicyChanges } from '../contract/agent-policy.ts';
export { FAILURES, type FailureClass, type FailureType, failureClass, isFailureType } from '../contract/failures.ts';
export { judgeFailure } from '../contract/judge-failure.ts';
export { SIGNAL, WORKFLOW } from '../contract/names.ts';
export type { AgentAnswer, AgentRunInput, AgentRunResult, CallbackReceipt, RunOutcome, Task } from '../contract/run.ts';
export { SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
export { agentRun } from './agent-run.ts';
export {
  callbackActivityOptions,
  type CallbackOutcome,
  type CallbackSchedule,
  type CallbackStepOptions,
  DEFAULT_CALLBACK_SCHEDULE,
  deliverCallback,
  type DeliverCallbackOptions,
} from './deliver-callback.ts';
export {
  agentActivityOptions,
  type AgentStepOptions,
  runAgent,
  type RunAgentOptions,
  type StepOptions,
} from './run-agent.ts';
