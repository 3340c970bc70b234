import { randomUUID } from 'node:crypto';
import type { WorkflowStartOptions } from '@temporalio/client';
import { randomRunId } from '../src/contract/run-id.ts';
import type { AgentRunInput } from '../src/contract/run.ts';
import type { AcceptedTask } from '../src/runs/accepted-task.ts';
import { startOptions } from '../src/runs/kinds/start-options.ts';
import { TEXT } from './workload.ts';

/** What a bare start carries: all that a webhook's start carries, or the text alone. */
export type Payload = 'same' | 'text';

const INPUT: AgentRunInput = {
  task: { text: TEXT },
  client: 'default',
  source: 'webhook',
  agent: 'garudust',
  agentPolicy: {
    attemptTimeoutMs: 600_000,
    totalTimeoutMs: 3_600_000,
    heartbeatTimeoutMs: 30_000,
    maxAttempts: 3,
    maxAnswerBytes: 1_048_576,
  },
};
const MEMO = { client: 'default', source: 'webhook', agent: 'garudust', bodySha256: 'a'.repeat(64) };

/** Options of a start on a queue that nobody polls. */
export function bareStart(payload: Payload): WorkflowStartOptions {
  const taskQueue = 'nobody';
  if (payload === 'text') {
    return { workflowId: `run-${randomUUID()}`, taskQueue, args: [TEXT], workflowIdReusePolicy: 'REJECT_DUPLICATE' };
  }
  // It was made here and not accepted from anybody, which is all that the brand is about.
  const task = { runId: randomRunId(), idempotent: true, input: INPUT, memo: MEMO } as unknown as AcceptedTask;
  return startOptions(task, { taskQueue, eager: false });
}
