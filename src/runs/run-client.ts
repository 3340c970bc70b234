import type { RunResource } from '../protocol/run-resource.ts';
import type { AcceptedTask } from './accepted-task.ts';
import type { ListRequest, RunPage } from './list-runs.ts';

/** A run as the API shows it, and whether the call found it as it wished. */
export interface RunReply {
  readonly run: RunResource;
  /** `start`: the run was there already. `cancel`, `redeliver`: nothing had to be done. */
  readonly unchanged: boolean;
}

/**
 * The only door from HTTP to Temporal. Every method answers within the deadline or rejects with a `ProblemError`:
 * `temporal_unavailable` when Temporal is away, hung or refuses, `not_found` for an unknown run and for a run of
 * another client alike.
 */
export interface RunClient {
  /** Records the run. Rejects with `idempotency_conflict` when its id was used for another body. */
  start(task: AcceptedTask): Promise<RunReply>;
  get(runId: string, client: string): Promise<RunResource>;
  /** Like `get`, but holds until the run is terminal, `seconds` have passed, or the caller is gone. */
  wait(runId: string, client: string, seconds: number, signal: AbortSignal): Promise<RunResource>;
  /** One page of a client's runs, as Temporal's list knows them; see `listRuns`. */
  list(request: ListRequest): Promise<RunPage>;
  /**
   * The run as it stands, then each time that it has changed, until nothing more will happen to it (`isSettled`). Ends
   * before that when `signal` is aborted, when the run expires and with `close`. Only the first `next` rejects.
   */
  follow(runId: string, client: string, signal: AbortSignal): AsyncGenerator<RunResource, void, undefined>;
  /** Asks the run to stop. */
  cancel(runId: string, client: string): Promise<RunReply>;
  /** Sends a dead letter again. */
  redeliver(runId: string, client: string, url?: string): Promise<RunReply>;
  /** Whether Temporal answers. Never rejects. */
  ready(): Promise<boolean>;
  /** Ends every wait and whatever is followed. */
  close(): Promise<void>;
}
