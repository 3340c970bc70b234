import { proxyActivities } from '@temporalio/workflow';

const { ask, tell } = proxyActivities<{
  ask(text: string): Promise<string>;
  tell(runId: string, output: string): Promise<void>;
}>({ startToCloseTimeout: '10 s' });

/** What somebody writes in an afternoon: the agent is asked, and its answer is posted. */
export async function handwritten(runId: string, text: string): Promise<void> {
  await tell(runId, await ask(text));
}
