import { readFileSync } from 'node:fs';

/** What the agent noted. `answered`: the answer was written to the socket as a whole. */
export interface AgentEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: 'called' | 'answered';
  /** The task's text. */
  readonly task: string;
}

/** One event as a line of the file. */
export function ledgerLine(event: AgentEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** Reads what the agent has noted so far, through all of its lives. A line that is cut off was being written. */
export function readAgentLedger(file: string): AgentEvent[] {
  return readFileSync(file, { encoding: 'utf8', flag: 'a+' })
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AgentEvent);
}
