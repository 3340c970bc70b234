import { shownMetadata } from '../../contract/metadata.ts';
import type { RunOutcome, Task } from '../../contract/run.ts';
import { taskSummary } from '../../contract/summary.ts';

/** What an outcome tells of its task, however the run ended. */
export function describeAsked({
  text,
  sessionKey,
  metadata,
}: Task): Pick<RunOutcome, 'sessionKey' | 'summary' | 'metadata'> {
  return {
    ...(sessionKey !== undefined && { sessionKey }),
    summary: taskSummary(text),
    ...(metadata && { metadata: shownMetadata(metadata) }),
  };
}
