import { type AgentProgress, type Checkpoint, type PostedProgress, readAgentProgress } from '../contract/activities.ts';
import { isRecord } from '../values/is-record.ts';
import { toLine } from '../values/plain-text.ts';
import type { ShownProgress } from './agent-calls.ts';
import type { Heartbeat } from './heartbeat.ts';

const MAX_PROGRESS = 200;
/** A call that crashes its worker this often in a row is not resumed again. */
const MAX_RESUMES = 10;

/** What the attempts of one task count, as the heartbeat keeps it for the next attempt. */
export class AttemptCounts {
  readonly #heartbeat: Heartbeat;
  #current: AgentProgress;
  /** The call that ended, here or in the attempt before. */
  endedCall: string | undefined;

  /**
   * @param details of the last heartbeat of the attempts before
   * @param kept what the journal has of the activity, by `toKept`
   */
  constructor(heartbeat: Heartbeat, details: unknown, kept: unknown, maxAttempts: number) {
    this.#heartbeat = heartbeat;
    const { ended, ...counts } = readAgentProgress(details, maxAttempts);
    this.endedCall = ended;
    this.#current = dropHopeless(withLatest(counts, kept));
  }

  get current(): AgentProgress {
    return this.#current;
  }

  /** Counts and beats. */
  change(changes: Partial<AgentProgress>, shown?: ShownProgress): void {
    this.#current = { ...this.#current, ...changes };
    this.beat(shown);
  }

  /** The counts of a call of another attempt become these. Does not beat. */
  adopt(counts: AgentProgress): void {
    this.#current = { ...counts, posted: this.#current.posted };
  }

  /** Keeps what the agent posted of the call under way, so that the next heartbeat has it. Does not beat. */
  keepPosted(posted: PostedProgress | undefined): void {
    if (posted?.call === this.#current.paidAttempts) this.#current = { ...this.#current, posted };
  }

  beat(shown?: ShownProgress): void {
    this.#heartbeat.beat(this.#details(shown));
  }

  /** Beats, and waits until Temporal has it. Never rejects. */
  confirm(shown?: ShownProgress): Promise<boolean> {
    return this.#heartbeat.confirm(this.#details(shown));
  }

  #details({ progress, text }: ShownProgress = {}): AgentProgress {
    const line = progress === undefined ? '' : toLine(progress, MAX_PROGRESS);
    const details = {
      ...this.#current,
      ended: this.endedCall,
      ...(text && { text }),
      ...(line !== '' && { progress: line }),
    };
    return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)) as typeof details;
  }
}

/** What the journal keeps of a checkpoint: enough to tell whether its call is over. */
export interface KeptCheckpoint {
  readonly paidAttempts: number;
  readonly checkpoint: Checkpoint;
}

export function toKept({ paidAttempts }: AgentProgress, checkpoint: Checkpoint): KeptCheckpoint {
  return { paidAttempts, checkpoint };
}

/** The heartbeat may have been lost with an outage of Temporal, the journal may be of a worker that others overtook. */
function withLatest(counts: AgentProgress, kept: unknown): AgentProgress {
  const value = isRecord(kept) ? kept : {};
  const { paidAttempts, checkpoint } = readAgentProgress({ agentFaults: 0, ...value }, counts.maxAttempts);
  if (checkpoint === undefined || paidAttempts < counts.paidAttempts || paidAttempts <= (counts.over ?? 0))
    return counts;
  const isLater = paidAttempts > counts.paidAttempts || checkpoint.number > (counts.checkpoint?.number ?? 0);
  return isLater ? { ...counts, paidAttempts, checkpoint } : counts;
}

function dropHopeless(counts: AgentProgress): AgentProgress {
  if ((counts.resumes ?? 0) < MAX_RESUMES) return counts;
  return { ...counts, checkpoint: undefined, resumes: undefined, over: counts.paidAttempts };
}
