import type { AgentPolicy, AgentRunInput, CallbackTarget } from '../contract/run.ts';
import { isRecord } from '../values/is-record.ts';

const MAX_DELAYS = 64;

/**
 * Checks an input that may come from anywhere: the ingress sends only good ones, the Temporal UI and the CLI send what
 * somebody typed.
 *
 * @returns undefined when it is good, else one sentence that names the field.
 */
export function findInputProblem(input: unknown): string | undefined {
  if (!isRecord(input)) return 'The input is not an object: see AgentRunInput.';
  const { task, agentPolicy, callback } = input as Partial<Record<keyof AgentRunInput, unknown>>;
  if (!isRecord(task) || !isText(task['text'])) return 'task.text is missing or empty: say what the agent shall do.';
  for (const name of ['sessionKey', 'userId', 'userName']) {
    if (task[name] !== undefined && !isText(task[name])) return `task.${name} is not a text: leave it out or fill it.`;
  }
  for (const name of ['client', 'source', 'agent'] satisfies (keyof AgentRunInput)[]) {
    if (!isText(input[name])) return `${name} is missing or empty.`;
  }
  return findPolicyProblem(agentPolicy) ?? (callback === undefined ? undefined : findCallbackProblem(callback));
}

const POLICY_FIELDS: readonly (keyof AgentPolicy)[] = [
  'attemptTimeoutMs',
  'totalTimeoutMs',
  'heartbeatTimeoutMs',
  'maxAttempts',
  'maxAnswerBytes',
];

function findPolicyProblem(policy: unknown): string | undefined {
  if (!isRecord(policy)) return 'agentPolicy is missing.';
  const bad = POLICY_FIELDS.find((name) => !isPositive(policy[name]));
  return bad && `agentPolicy.${bad} is not a positive number.`;
}

function findCallbackProblem(callback: unknown): string | undefined {
  if (!isRecord(callback)) return 'callback is not an object.';
  const { url, retryDelaysMs, attemptTimeoutMs, deadLetterMs } = callback as Partial<
    Record<keyof CallbackTarget, unknown>
  >;
  if (!isText(url)) return 'callback.url is missing or empty.';
  if (!isPositive(attemptTimeoutMs)) return 'callback.attemptTimeoutMs is not a positive number.';
  if (!isPositive(deadLetterMs)) return 'callback.deadLetterMs is not a positive number.';
  const good = Array.isArray(retryDelaysMs) && retryDelaysMs.length <= MAX_DELAYS && retryDelaysMs.every(isPositive);
  return good ? undefined : `callback.retryDelaysMs is not a list of at most ${MAX_DELAYS} positive numbers.`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
