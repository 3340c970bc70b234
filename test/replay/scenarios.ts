import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { type RedeliverRequest, SIGNAL } from '../../src/contract/names.ts';
import type { AgentRunInput, CallbackTarget } from '../../src/contract/run.ts';
import type { Script, ScriptedActivities } from '../support/scripted-activities.ts';
import { APPROVAL_SCENARIOS } from './approval-scenarios.ts';
import { AT_FAULT_SCENARIOS } from './at-fault-scenarios.ts';
import { completeAgent } from './complete-agent.ts';
import { FIRST_TRY_SCENARIOS } from './first-try-scenarios.ts';
import { NEVER_TAKEN, REDELIVERY_SCENARIOS, THREE_TRIES, TWICE_503 } from './redelivery-scenarios.ts';
import { scenarioPolicy } from './scenario-policy.ts';
import { TURN_SCENARIOS } from './turn-scenarios.ts';

/** One way through `agentRun`, or through `callbackRedelivery` after it. Each has a recorded history, and each is run anew against a real server. */
export interface Scenario extends Script {
  /** Leaves the policy to the agent's own. */
  readonly withoutPolicy?: true;
  /** Changes to the target of the callback; `none` for a run without one. */
  readonly target?: Partial<CallbackTarget> | 'none';
  readonly input?: Partial<AgentRunInput>;
  /** What happens from outside before a worker is there. */
  readonly beforeWorker?: (handle: WorkflowHandle) => Promise<void>;
  /** What happens from outside while it runs. */
  readonly drive?: (handle: WorkflowHandle, activities: ScriptedActivities) => Promise<void>;
  /** Asked for when the run is closed. The history, and how it closes, are then those of the redelivery. */
  readonly redeliver?: RedeliverRequest;
  /** How the workflow closes: `COMPLETED`, `CANCELLED`, or the type that it fails with. */
  readonly closes: string;
  /** How the caller reads it then. */
  readonly reads: { readonly status: string; readonly callback: string; readonly code?: string };
}

/** Answered, and the callback accepted. */
const DELIVERED = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } } as const;
const CANCELED = {
  closes: 'CANCELLED',
  reads: { status: 'canceled', callback: 'delivered', code: 'Canceled' },
} as const;
/** Answered, and a cancel ended the delivery. */
const UNDELIVERED = { closes: 'CANCELLED', reads: { status: 'completed', callback: 'dead' } } as const;
const REFUSED = {
  closes: 'InvalidInput',
  reads: { status: 'failed', callback: 'dead', code: 'InvalidInput' },
} as const;

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  success: DELIVERED,
  'success-without-callback': {
    target: 'none',
    closes: 'COMPLETED',
    reads: { status: 'completed', callback: 'none' },
  },
  'success-without-policy': {
    withoutPolicy: true,
    ...DELIVERED,
  },
  'agent-retried': {
    agent: [{ retry: 'ConnectionLost' }, { retry: 'RateLimited' }],
    ...DELIVERED,
  },
  'agent-failed': {
    agent: [{ fail: 'AnswerTooLarge' }],
    closes: 'AnswerTooLarge',
    reads: { status: 'failed', callback: 'delivered', code: 'AnswerTooLarge' },
  },
  'agent-timed-out': {
    agent: [{ fail: 'AgentTimeout' }],
    closes: 'AgentTimeout',
    reads: { status: 'timed_out', callback: 'delivered', code: 'AgentTimeout' },
  },
  'total-time-up': {
    agent: ['hang'],
    input: { agentPolicy: { ...scenarioPolicy(), totalTimeoutMs: 500 } },
    closes: 'RunTimeout',
    reads: { status: 'timed_out', callback: 'delivered', code: 'RunTimeout' },
  },
  ...FIRST_TRY_SCENARIOS,
  ...AT_FAULT_SCENARIOS,
  ...TURN_SCENARIOS,
  ...APPROVAL_SCENARIOS,
  ...REDELIVERY_SCENARIOS,
  canceled: {
    agent: ['hang'],
    drive: async (handle, activities) => {
      await until(() => activities.agentCalls.length > 0);
      await handle.cancel();
    },
    ...CANCELED,
  },
  'canceled-as-the-agent-answers': {
    agent: ['outlast'],
    drive: async (handle, activities) => {
      await until(() => activities.agentCalls.length > 0);
      await handle.cancel();
    },
    ...DELIVERED,
  },
  'canceled-twice': {
    agent: ['outlast'],
    callback: [{ retry: 'CallbackFailed', statusCode: 503, delayMs: 3000 }],
    target: { retryDelaysMs: [3000] },
    drive: async (handle, activities) => {
      await until(() => activities.agentCalls.length > 0);
      await handle.cancel();
      await until(() => activities.deliveries.length === 1);
      await handle.cancel();
    },
    ...DELIVERED,
  },
  'canceled-as-the-agent-fails': {
    agent: [{ retry: 'RateLimited', afterMs: 1000 }],
    drive: async (handle, activities) => {
      await until(() => activities.agentCalls.length > 0);
      await handle.cancel();
    },
    ...CANCELED,
  },
  'canceled-between-attempts-of-the-agent': {
    agent: [{ retry: 'RateLimited', delayMs: 60_000 }],
    input: { agentPolicy: { ...scenarioPolicy(), totalTimeoutMs: 120_000 } },
    drive: async (handle, activities) => {
      await until(() => activities.agentCalls.length > 0);
      await sleep(200);
      await handle.cancel();
    },
    ...CANCELED,
  },
  'canceled-before-a-worker': {
    beforeWorker: (handle) => handle.cancel().then(() => undefined),
    ...CANCELED,
  },
  'canceled-before-a-worker-without-callback': {
    target: 'none',
    beforeWorker: (handle) => handle.cancel().then(() => undefined),
    closes: 'CANCELLED',
    reads: { status: 'canceled', callback: 'none', code: 'Canceled' },
  },
  'canceled-while-the-callback-is-taken': {
    callback: ['slow'],
    drive: async (handle, activities) => {
      await until(() => activities.deliveries.length === 1);
      await handle.cancel();
    },
    ...DELIVERED,
  },
  'canceled-while-the-callback-fails': {
    callback: [{ retry: 'CallbackFailed', statusCode: 503, afterMs: 1000, delayMs: 60_000 }],
    target: { retryDelaysMs: [60_000] },
    drive: async (handle, activities) => {
      await until(() => activities.deliveries.length === 1);
      await handle.cancel();
    },
    ...UNDELIVERED,
  },
  'canceled-between-callback-attempts': {
    callback: [{ retry: 'CallbackFailed', statusCode: 503, delayMs: 60_000 }],
    target: { retryDelaysMs: [60_000] },
    drive: async (handle, activities) => {
      await until(() => activities.deliveries.length === 1);
      await sleep(200);
      await handle.cancel();
    },
    ...UNDELIVERED,
  },
  'completed-by-hand': {
    agent: ['hang'],
    drive: async (handle, activities) => {
      await until(() => activities.agentCalls.length > 0);
      const usage = { inputTokens: 'many', outputTokens: 3, iterations: 1.5 };
      const output = 'done: Summarise why deployment 4312 failed';
      await completeAgent(handle, { output, usage, status: 'failed' });
    },
    ...DELIVERED,
  },
  'completed-by-hand-with-no-answer': {
    agent: ['hang'],
    drive: async (handle, activities) => {
      await until(() => activities.agentCalls.length > 0);
      await completeAgent(handle, ['no answer']);
    },
    closes: 'AgentFailed',
    reads: { status: 'failed', callback: 'delivered', code: 'AgentFailed' },
  },
  'completed-by-hand-with-no-answer-and-no-callback': {
    agent: ['hang'],
    target: 'none',
    drive: async (handle, activities) => {
      await until(() => activities.agentCalls.length > 0);
      await completeAgent(handle, null);
    },
    closes: 'AgentFailed',
    reads: { status: 'failed', callback: 'none', code: 'AgentFailed' },
  },
  'callback-retried': {
    callback: TWICE_503,
    target: THREE_TRIES,
    ...DELIVERED,
  },
  'dead-letter-expired': {
    callback: NEVER_TAKEN,
    target: { ...THREE_TRIES, deadLetterMs: 200 },
    closes: 'CallbackUndeliverable',
    reads: { status: 'completed', callback: 'dead' },
  },
  'agent-failed-and-dead-letter-expired': {
    agent: [{ fail: 'TaskRefused' }],
    callback: NEVER_TAKEN,
    target: { ...THREE_TRIES, deadLetterMs: 200 },
    closes: 'TaskRefused',
    reads: { status: 'failed', callback: 'dead', code: 'TaskRefused' },
  },
  'ended-by-temporal': {
    // Temporal ends an activity at once when its delay goes beyond its total time.
    callback: [{ retry: 'CallbackFailed', statusCode: 503, delayMs: 7_200_000 }],
    drive: async (handle, activities) => {
      await until(() => activities.reports.length === 1);
      await handle.signal(SIGNAL.redeliver, {});
    },
    ...DELIVERED,
  },
  'receiver-said-stop': {
    callback: [{ fail: 'CallbackStopped', statusCode: 410 }],
    target: { deadLetterMs: 200 },
    closes: 'CallbackUndeliverable',
    reads: { status: 'completed', callback: 'dead' },
  },
  'canceled-as-dead-letter': {
    callback: [{ fail: 'CallbackStopped', statusCode: 410 }],
    drive: async (handle, activities) => {
      await until(() => activities.deliveries.length === 1);
      await sleep(200);
      await handle.cancel();
    },
    ...UNDELIVERED,
  },
  'callback-url-too-long': {
    input: {
      callback: {
        url: `https://ci.example.com/${'x'.repeat(8192)}`,
        retryDelaysMs: [10],
        attemptTimeoutMs: 1000,
        deadLetterMs: 1000,
      },
    },
    ...REFUSED,
  },
  'misspelt-field': {
    input: { task: { text: 'x', session_key: 's' } as AgentRunInput['task'] },
    ...REFUSED,
  },
  'invalid-input': {
    input: { task: { text: ' ' } },
    ...REFUSED,
  },
};

/** The input that a scenario starts with. */
export function toInput({ target, input, withoutPolicy }: Scenario): AgentRunInput {
  const callback: CallbackTarget = {
    url: 'https://ci.example.com/hooks?token=not-for-summaries',
    retryDelaysMs: [10, 10, 10],
    attemptTimeoutMs: 1000,
    deadLetterMs: 60_000,
  };
  return {
    task: { text: 'Summarise why deployment 4312 failed', sessionKey: 'deployments', userId: 'u-1' },
    client: 'ci',
    source: 'webhook',
    agent: 'demo',
    ...(withoutPolicy !== true && { agentPolicy: scenarioPolicy() }),
    ...(target !== 'none' && { callback: { ...callback, ...target } }),
    ...input,
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}
