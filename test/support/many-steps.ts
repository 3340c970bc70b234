import type { TestContext } from 'node:test';
import { runSteps } from './run-steps.ts';

/**
 * Runs a workflow of `fixtures/steps.ts` that asks an agent many times.
 *
 * @returns what it returned, how often the agent was asked, and the lengths of the histories of its executions
 */
export function runManySteps(t: TestContext, type: 'chain' | 'loop', input: unknown) {
  return runSteps(t, { isLong: true }, async ({ start, server, activities }) => {
    const handle = await start(type, [input]);
    const result: unknown = await handle.result();
    const lengths: number[] = [];
    for await (const { historyLength } of server.client.workflow.list({ query: `WorkflowId = '${handle.workflowId}'` }))
      lengths.push(historyLength);
    return { result, asked: activities.agentCalls.length, executions: lengths.length, longest: Math.max(...lengths) };
  });
}
