/**
 * What workflow code imports from `garudust-temporal/workflows`: agents and callbacks as steps, and the names of their results
 * and failures. Nothing here needs Node.
 *
 * `GarudustPlugin` adds the workflow `agentRun` to a worker, together with its activities.
 */
export type { Activities } from '../contract/activities.ts';
export { type AgentPolicy, DEFAULT_AGENT_POLICY, type PolicyChanges } from '../contract/agent-policy.ts';
export { type CallbackOption, type CallbackSchedule, DEFAULT_CALLBACK_SCHEDULE } from '../contract/callback-target.ts';
export { FAILURES, type FailureClass, type FailureType, failureClass, isFailureType } from '../contract/failures.ts';
export { judgeFailure } from '../contract/judge-failure.ts';
export { DEFAULT_TASK_QUEUE, SIGNAL, WORKFLOW } from '../contract/names.ts';
export type { RunRequest } from '../contract/run-request.ts';
export { undeliveredAnswer } from '../contract/undelivered-answer.ts';
export type { AgentAnswer, AgentRunInput, AgentRunResult, CallbackReceipt, RunOutcome, Task } from '../contract/run.ts';
export { SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
export { agent, type Ask, type AskOptions } from './agent.ts';
export { agentRun } from './agent-run.ts';
export { agentRunChild, type AgentRunChildOptions, type ChildAnswer } from './agent-run-child.ts';
export { continueIfLong } from './continue-if-long.ts';
export {
  callbackActivityOptions,
  type CallbackOutcome,
  type CallbackStepOptions,
  deliverCallback,
  type DeliverCallbackOptions,
} from './deliver-callback.ts';
export { type Approval, approval, type ApprovalChoice, type ApprovalOptions } from './question/approval.ts';
export { emit } from './emit.ts';
export type { Asked } from './question/link-question.ts';
export type { WorkflowTask } from './own/own-workflow.ts';
export { type PersonsAnswer, waitForInput, type WaitForInputOptions } from './question/wait-for-input.ts';
export {
  agentActivityOptions,
  type AgentStepOptions,
  runAgent,
  type RunAgentOptions,
  type StepOptions,
} from './run-agent.ts';
