import type { AgentProgress } from '../contract/activities.ts';
import { toRecord } from '../values/is-record.ts';

/** The counts of earlier attempts. Details may be missing, or another version's, so nothing is taken on trust. */
export function readProgress(details: unknown, maxAttempts: number): AgentProgress {
  const known = toRecord(details);
  return { paidAttempts: count(known['paidAttempts']), agentFaults: count(known['agentFaults']), maxAttempts };
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0;
}
