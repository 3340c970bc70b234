import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities, AgentPolicy } from 'garudust-temporal';

/** What the workflow is asked. */
export interface Release {
  /** A configured agent. */
  readonly agent: string;
  readonly version: string;
  /** One line a change. */
  readonly changes: readonly string[];
}

const POLICY: AgentPolicy = {
  attemptTimeoutMs: 600_000,
  totalTimeoutMs: 3_600_000,
  heartbeatTimeoutMs: 30_000,
  maxAttempts: 3,
  maxAnswerBytes: 262_144,
};

const { runAgent } = proxyActivities<Activities>({
  // Where the workers of garudust-temporal take tasks; this workflow has a queue of its own.
  taskQueue: 'garudust',
  // The activity ends a call in time, and counts the calls that cost money. So Temporal sets the outer bounds alone.
  startToCloseTimeout: POLICY.totalTimeoutMs,
  scheduleToCloseTimeout: POLICY.totalTimeoutMs,
  heartbeatTimeout: POLICY.heartbeatTimeoutMs,
  // Otherwise a canceled workflow would close while its agent still works.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Three tasks for the agent: two at once, and one that needs both answers. */
export async function releaseNotes({ agent, version, changes }: Release): Promise<string> {
  const list = changes.map((change) => `- ${change}`).join('\n');
  const [highlights, risks] = await Promise.all([
    ask(agent, `Which of these changes will users notice?\n${list}`),
    ask(agent, `Which of these changes may break something?\n${list}`),
  ]);
  return ask(agent, `Write release notes for ${version}.\n\nNoticed: ${highlights}\n\nMay break: ${risks}`);
}

async function ask(agent: string, text: string): Promise<string> {
  const { output } = await runAgent({ agent, client: 'default', task: { text }, policy: POLICY });
  return output;
}
