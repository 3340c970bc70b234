import type { RunResource } from '../protocol/run-resource.ts';

/** A run as the API shows it, and whether the call found it as it wished. */
export interface RunReply {
  readonly run: RunResource;
  /** `start`: the run was there already. `cancel`, `redeliver`: nothing had to be done. */
  readonly unchanged: boolean;
  /** Whether the body of a repeat differs from the one that the run was started with. */
  readonly differs?: true;
}
