import { Client, Connection } from '@temporalio/client';
import { type CallsPerRun, countCalls } from './frontend-calls.ts';
import type { RunSide } from './run-side.ts';

/** What runs cost the Temporal server. */
export interface RunCosts {
  readonly ours: CallsPerRun;
  readonly theirs: CallsPerRun;
  /** History events of one of ours. */
  readonly events: number;
  /** Writes of its state. */
  readonly writes: string;
}

const AT_ONCE = 4;

/**
 * Counts the calls of both sides.
 *
 * @param runId of one of our runs, which is awaited
 */
export async function measureRunCosts(ours: RunSide, theirs: RunSide, runId: string, runs: number): Promise<RunCosts> {
  const count = ({ server, closed }: RunSide): Promise<CallsPerRun> =>
    countCalls(server.metricsUrl, runs, () => closed(runs, AT_ONCE));
  const [one, other] = [await count(ours), await count(theirs)];
  const connection = await Connection.connect({ address: ours.server.address });
  try {
    const handle = new Client({ connection }).workflow.getHandle(runId);
    await handle.result();
    const { historyLength, raw } = await handle.describe();
    const writes = String(raw.workflowExecutionInfo?.stateTransitionCount);
    return { ours: one, theirs: other, events: historyLength, writes };
  } finally {
    await connection.close();
  }
}
