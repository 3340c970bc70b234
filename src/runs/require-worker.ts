import { ProblemError } from '../protocol/problem-error.ts';
import type { AskTemporal } from './ask-temporal.ts';
import type { RunFacts } from './run-facts.ts';

/**
 * Refuses a request that nobody would carry out: the run is on another task queue than this server's, and no worker has polled that
 * queue in the last five minutes, which is how long Temporal remembers a poll. On the own task queue a request is kept for the next worker, as a task is.
 *
 * @param own the configured task queue
 * @param until a time of `performance.now()`
 * @throws ProblemError `no_worker`
 */
export async function requireWorker(
  ask: AskTemporal,
  { taskQueue }: Pick<RunFacts, 'taskQueue'>,
  own: string,
  until: number,
): Promise<void> {
  if (taskQueue === undefined || taskQueue === own) return;
  const { pollers } = await ask('describeTaskQueue', until, (temporal) =>
    temporal.workflowService.describeTaskQueue({
      namespace: temporal.options.namespace,
      taskQueue: { name: taskQueue },
    }),
  );
  if (pollers.length > 0) return;
  throw new ProblemError(
    'no_worker',
    `The run is on task queue ${JSON.stringify(taskQueue)}, which no worker polls: run a worker with TEMPORAL_TASK_QUEUE=${taskQueue}, then repeat this request.`,
  );
}
