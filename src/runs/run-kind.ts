import type { WorkflowHandle, WorkflowSignalWithStartOptions } from '@temporalio/client';
import type { RedeliverRequest } from '../contract/names.ts';
import type { CallbackRedeliveryInput } from '../contract/run.ts';
import type { RunResource } from '../protocol/run-resource.ts';
import type { ActivityOutline, RunFacts } from './run-facts.ts';

/** Where a run is started. */
export interface RunPlace extends Pick<RunLinks, 'publicUrl'> {
  /** The configured task queue. */
  readonly taskQueue: string;
  /** Whether a worker of this process may take the first task with the start. */
  readonly eager: boolean;
}

/** Where links lead. */
export interface RunLinks {
  /** Base of this API, such as `https://agents.example.com`. Absent: links are paths. */
  readonly publicUrl?: string;
  /** Base of the Temporal UI with its namespace, such as `http://localhost:8233/namespaces/default`. */
  readonly temporalUi?: string;
  /** Secrets of the links that answer questions. Absent: there are none. */
  readonly answerLinkSecret?: readonly string[];
}

/** A run as it stands, and whether nothing more will happen to it unless somebody asks for it. */
export interface RunState {
  readonly run: RunResource;
  readonly settled: boolean;
}

/** How a workflow `callbackRedelivery` is started, or signaled where one is open. */
export type RedeliveryOptions = WorkflowSignalWithStartOptions<[RedeliverRequest]> & {
  readonly args: [CallbackRedeliveryInput];
};

/**
 * What a workflow type means as a run. Everything else in `src/runs` moves runs about without knowing what they do: it
 * asks the kind. One kind for each of our workflows and one for those of a team, in `run-kinds.ts`.
 *
 * All functions but `cancel` and `redeliver` are pure.
 */
export interface RunKind {
  /**
   * What `?wait=` ends on, told by the history so far. It also ends when the workflow is closed. Wherever this says that
   * the wait is over, `project` must say that the run is terminal.
   */
  readonly endsWait: (activities: readonly ActivityOutline[]) => boolean;

  /** Whether nothing more will happen to the run unless somebody asks for it: its event stream ends. */
  readonly isSettled: (run: RunResource) => boolean;

  /** Whether `project` needs the history beside what `describe` tells, which is one call more. */
  readonly needsHistory: (described: RunFacts, historyLength: number) => boolean;

  /** Whether the latest events are enough of a long history; default: all of it is read. */
  readonly readsLatest?: true;

  /** The run as its caller sees it. */
  readonly project: (facts: RunFacts, links: RunLinks) => RunResource;

  /** The same of what Temporal's list tells; undefined where that is not enough, and the run has to be read. */
  readonly projectListed: (listed: RunFacts, links: RunLinks) => RunResource | undefined;

  /** Asks a run that is not terminal to stop. */
  readonly cancel: (handle: WorkflowHandle) => Promise<unknown>;

  /** How often the callback of a run that is described with its history has been sent again. */
  readonly redeliveries: (facts: RunFacts) => number;

  /** Asks an open run for another delivery of a callback that is dead or being retried. */
  readonly redeliver: (handle: WorkflowHandle, request: RedeliverRequest) => Promise<unknown>;

  /** How a workflow sends the callback of a closed run again; undefined where there is nothing to send again. */
  readonly redeliverClosed: (
    facts: RunFacts,
    taskQueue: string,
    request: RedeliverRequest,
  ) => RedeliveryOptions | undefined;
}
