/**
 * What a team builds on that starts runs, or writes workflows of its own around our activities. Workflow code imports
 * `garudust-temporal/workflows` instead.
 */
export type { Activities, DeliverCallbackInput, ReportDeadLetterInput, RunAgentInput } from './contract/activities.ts';
export { ACTIVITY_ID } from './contract/activities.ts';
export type { AgentPolicy, PolicyChanges } from './contract/agent-policy.ts';
export { FAILURES, type FailureClass, type FailureType, failureClass, isFailureType } from './contract/failures.ts';
export { DEFAULT_TASK_QUEUE, SIGNAL, WORKFLOW, type Workflows } from './contract/names.ts';
export type { AgentAnswer, AgentRunInput, AgentRunResult, CallbackTarget, Task, Usage } from './contract/run.ts';
export { isRunId } from './contract/run-id-form.ts';
export { deriveRunId, randomRunId } from './contract/run-id.ts';
export type { CallbackOption } from './contract/callback-target.ts';
export type { RunRequest } from './contract/run-request.ts';
export { undeliveredAnswer } from './contract/undelivered-answer.ts';
export { type AgentRunHandle, startAgentRun, type StartAgentRunOptions } from './runs/start-agent-run.ts';
export { judgeFailure } from './contract/judge-failure.ts';
export { SEARCH_ATTRIBUTE } from './contract/search-attributes.ts';
export type { Agent, AgentContext, AgentLogger, ConversationTurn } from './agents/agent.ts';
export { AgentError, isHandOver } from './agents/agent.ts';
export { type Allowance, type Budget, checkBudget } from './agents/budget.ts';
export type { JsonValue } from './contract/json-value.ts';
export { verifyRequest } from './signatures/verify-request.ts';
export { GarudustPlugin } from './plugin.ts';
export { runWorker, type RunWorkerOptions } from './stack/run-worker.ts';
export { StartError } from './stack/start-error.ts';
export type { PluginAgent, GarudustPluginOptions } from './stack/worker-parts.ts';
