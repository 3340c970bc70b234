/** An activity by its ids, whichever attempt of it is running. */
export interface ActivityIds {
  readonly workflowId?: string;
  readonly runId: string;
  readonly activityId: string;
}

/**
 * How the end of an activity is reported to Temporal from outside of it; `AsyncCompletionClient` of `@temporalio/client`
 * is one. It must use the worker's own data converter.
 */
export interface CompletionClient {
  complete(taskToken: Uint8Array, result: unknown): Promise<void>;
  complete(ids: ActivityIds, result: unknown): Promise<void>;
  /** Rejects with `ActivityNotFoundError` when the attempt is over for Temporal, with anything else when it may be tried again. */
  fail(taskToken: Uint8Array, error: unknown): Promise<void>;
  fail(ids: ActivityIds, error: unknown): Promise<void>;
}
