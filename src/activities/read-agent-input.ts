import type { RunAgentInput } from '../contract/activities.ts';
import type { AgentPolicy, Task } from '../contract/run.ts';
import { isRecord } from '../values/is-record.ts';

/** What was read: the input, or one sentence that names the wrong field. */
export type ReadInput<T> = { readonly ok: true; readonly input: T } | { readonly ok: false; readonly problem: string };

const POLICY_FIELDS = [
  'attemptTimeoutMs',
  'totalTimeoutMs',
  'heartbeatTimeoutMs',
  'maxAttempts',
  'maxAnswerBytes',
] as const satisfies readonly (keyof AgentPolicy)[];
const OPTIONAL_TEXTS = ['sessionKey', 'userId', 'userName'] as const satisfies readonly (keyof Task)[];

/**
 * Reads the input of `runAgent`, which may have been typed in the Temporal UI. Only known fields are taken over; a
 * blank optional text and metadata with nothing in it count as absent.
 */
export function readAgentInput(value: unknown): ReadInput<RunAgentInput> {
  if (!isRecord(value)) return bad('The input is not an object: see RunAgentInput.');
  const { agent, client, task, policy } = value;
  if (!isText(agent)) return bad('agent is missing or empty: name a configured agent.');
  if (!isText(client)) return bad('client is missing or empty: name a configured client.');
  if (!isRecord(task)) return bad('task is missing.');
  if (!isText(task['text'])) return bad('task.text is missing or empty: say what the agent shall do.');
  const wrong = OPTIONAL_TEXTS.find((name) => task[name] !== undefined && typeof task[name] !== 'string');
  if (wrong !== undefined) return bad(`task.${wrong} is not a text: leave it out or correct it.`);
  const { metadata } = task;
  if (metadata !== undefined && !(isRecord(metadata) && Object.values(metadata).every((v) => typeof v === 'string'))) {
    return bad('task.metadata is not an object of texts: leave it out or correct it.');
  }
  if (!isRecord(policy)) return bad('policy is missing.');
  const number = POLICY_FIELDS.find((name) => !isPositive(policy[name]));
  if (number !== undefined) return bad(`policy.${number} is not a positive number.`);
  return {
    ok: true,
    input: { agent, client, task: toTask(task), policy: pickPolicy(policy) },
  };
}

function toTask(task: Record<string, unknown>): Task {
  const texts = OPTIONAL_TEXTS.filter((name) => isText(task[name])).map((name) => [name, task[name]]);
  const metadata = Object.entries((task['metadata'] ?? {}) as Record<string, string>);
  return {
    text: String(task['text']),
    ...(Object.fromEntries(texts) as Pick<Task, (typeof OPTIONAL_TEXTS)[number]>),
    ...(metadata.length > 0 && { metadata: Object.fromEntries(metadata) }),
  };
}

function pickPolicy(policy: Record<string, unknown>): AgentPolicy {
  const numbers = POLICY_FIELDS.map((name) => [name, policy[name]]);
  return Object.fromEntries(numbers) as Record<keyof AgentPolicy, number>;
}

function bad(problem: string): ReadInput<never> {
  return { ok: false, problem };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
