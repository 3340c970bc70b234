import type { RequestError, StopReason } from '@agentclientprotocol/sdk';
import { AgentError } from '../agent.ts';

/** What the agent was asked when it refused. */
export type AcpStep = 'initialize' | 'session' | 'prompt';

/** Codes of JSON-RPC and of the protocol: `agentclientprotocol.com/protocol/v1/schema#errorcode`. */
const AUTH_REQUIRED = -32_000;
const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;

/** Sorts an error answer of an agent by its code and by the step; its words are not passed on. */
export function sortRequestError({ code }: RequestError, step: AcpStep): AgentError {
  if (code === AUTH_REQUIRED) {
    const fix = 'Log the agent in as the user of the worker, or pass its key by env or pass_env.';
    return new AgentError('ModelKeyRefused', `asks for a login (${code})`, { fix });
  }
  if (code === METHOD_NOT_FOUND || (code === INVALID_PARAMS && step !== 'prompt')) {
    return new AgentError('AgentMisconfigured', `does not speak version 1 of the Agent Client Protocol (${code})`);
  }
  if (code === INVALID_PARAMS) return new AgentError('TaskRefused', `refused the task (${code})`);
  const during = step === 'prompt' ? 'failed' : `failed before it had the task`;
  return new AgentError('AgentFailed', `${during} (${code})`);
}

/** Why the agent stopped without an answer; undefined where it has one. */
export function sortStopReason(reason: StopReason): AgentError | undefined {
  switch (reason) {
    case 'refusal':
      return new AgentError('TaskRefused', 'refused the task');
    case 'max_tokens':
      return new AgentError('TokenBudgetExceeded', 'reached the limit of tokens of its model');
    case 'max_turn_requests':
      return new AgentError('AgentFailed', 'reached its limit of calls to its model');
    case 'cancelled':
      return new AgentError('AgentFailed', 'canceled the task by itself');
    case 'end_turn':
      return undefined;
    default:
      // One of a later version.
      return new AgentError('AgentFailed', 'stopped for an unknown reason');
  }
}
