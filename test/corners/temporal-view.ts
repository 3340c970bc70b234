import { createHash } from 'node:crypto';
import { Client, type Connection } from '@temporalio/client';

import { QUEUE, type Seat } from './corner-stack.ts';

/** An activity that is open. */
export interface OpenActivity {
  readonly id: string;
  readonly attempt: number;
  /** Whether a worker has it. */
  readonly isStarted: boolean;
}

const NAMESPACE = 'default';
/** SCHEDULED and PAUSED of temporal.api.enums.v1.PendingActivityState: no worker has it. */
const NOT_STARTED: readonly number[] = [1, 4];
const WORKFLOW_TASK_COMPLETED = 7;
const GRPC_CODES: Readonly<Record<number, string>> = {
  3: 'INVALID_ARGUMENT',
  5: 'NOT_FOUND',
  9: 'FAILED_PRECONDITION',
};

/** What the Temporal UI and CLI see and do, by the calls that they make. */
export class TemporalView {
  readonly #client: Client;

  constructor(connection: Connection) {
    this.#client = new Client({ connection, namespace: NAMESPACE });
  }

  /** Starts the workflow of a team's own under an id that could be one of a run; it comes back. */
  async startTeam(task: { readonly text: string; readonly url: string; readonly seat: Seat }): Promise<string> {
    const workflowId = `run-${createHash('sha256')
      .update(task.text)
      .digest('hex')
      .slice(0, 26)
      .replaceAll(/[0189]/g, 'x')}`;
    await this.#client.workflow.start('askAndTell', { workflowId, taskQueue: QUEUE.main, args: [task] });
    return workflowId;
  }

  /** Status and open activities of the newest execution. */
  async describe(workflowId: string): Promise<{ status: string; open: OpenActivity[] }> {
    const { status, raw } = await this.#client.workflow.getHandle(workflowId).describe();
    const open = (raw.pendingActivities ?? []).map((activity) => ({
      id: activity.activityId ?? '',
      attempt: activity.attempt ?? 0,
      isStarted: !NOT_STARTED.includes(Number(activity.state)),
    }));
    return { status: status.name, open };
  }

  /** The statuses of all executions of a workflow ID, the newest first; the list lags behind. */
  async executions(workflowId: string): Promise<string[]> {
    const found: { status: string; at: number }[] = [];
    for await (const { status, startTime } of this.#client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
      found.push({ status: status.name, at: startTime.getTime() });
    }
    return found.toSorted((a, b) => b.at - a.at).map(({ status }) => status);
  }

  async isThere(): Promise<boolean> {
    return this.#client.workflowService.getSystemInfo({}).then(
      () => true,
      () => false,
    );
  }

  async cancel(workflowId: string): Promise<void> {
    const workflowExecution = { workflowId };
    await this.#client.workflowService.requestCancelWorkflowExecution({ namespace: NAMESPACE, workflowExecution });
  }

  async terminate(workflowId: string): Promise<void> {
    const workflowExecution = { workflowId };
    await this.#client.workflowService.terminateWorkflowExecution({ namespace: NAMESPACE, workflowExecution });
  }

  /** As `temporal workflow reset --type FirstWorkflowTask` and `LastWorkflowTask`. */
  async reset(workflowId: string, to: 'first' | 'last'): Promise<void> {
    const { history } = await this.#client.workflowService.getWorkflowExecutionHistory({
      namespace: NAMESPACE,
      execution: { workflowId },
    });
    const tasks = (history?.events ?? []).filter(({ eventType }) => Number(eventType) === WORKFLOW_TASK_COMPLETED);
    const task = to === 'first' ? tasks[0] : tasks.at(-1);
    await this.#client.workflowService.resetWorkflowExecution({
      namespace: NAMESPACE,
      workflowExecution: { workflowId },
      reason: 'test',
      requestId: crypto.randomUUID(),
      // Without one the CLI does not even ask; here the server says why not.
      ...(task?.eventId && { workflowTaskFinishEventId: task.eventId }),
    });
  }

  async pauseActivity(workflowId: string, id: string): Promise<void> {
    await this.#client.workflowService.pauseActivity({ namespace: NAMESPACE, execution: { workflowId }, id });
  }

  async unpauseActivity(workflowId: string, id: string): Promise<void> {
    await this.#client.workflowService.unpauseActivity({ namespace: NAMESPACE, execution: { workflowId }, id });
  }

  async resetActivity(workflowId: string, id: string): Promise<void> {
    await this.#client.workflowService.resetActivity({ namespace: NAMESPACE, execution: { workflowId }, id });
  }
}

/** The gRPC code with which Temporal refused a call. @throws whatever else it failed with */
export function refusalCode(error: unknown): string {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? GRPC_CODES[Number(error.code)] : undefined;
  if (code === undefined) throw error;
  return code;
}
