import type { Info } from '@temporalio/activity';
import {
  type AgentProgress,
  type Checkpoint,
  type PostedProgress,
  readAgentProgress,
} from '../../contract/activities.ts';
import { isRecord } from '../../values/is-record.ts';
import { toLine } from '../../values/plain-text.ts';
import type { ShownProgress } from './agent-calls.ts';
import type { Heartbeat } from '../heartbeat.ts';

const MAX_PROGRESS = 200;
/** A call that crashes its worker this often in a row is not resumed again. */
const MAX_RESUMES = 10;

type AttemptInfo = Pick<Info, 'attempt' | 'heartbeatDetails' | 'heartbeatTimeoutMs'>;

/** What the attempts of one task count, as the heartbeat keeps it for the next attempt. */
export class AttemptCounts {
  readonly #heartbeat: Heartbeat;
  readonly #attempt: number;
  #current: AgentProgress;
  /** Whether Temporal has details of this attempt or of one before, or is about to. */
  #isTold: boolean;
  /** The call that ended, here or in the attempt before. */
  endedCall: string | undefined;

  /**
   * Attempts before this one that left no details were lost with their worker: each counts as a paid call.
   *
   * @param info of the attempt, with the details of the last heartbeat of those before
   * @param kept what the journal has of the activity, by `toKept`
   */
  constructor(
    heartbeat: Heartbeat,
    { attempt, heartbeatDetails, heartbeatTimeoutMs = 0 }: AttemptInfo,
    kept: unknown,
    maxAttempts: number,
  ) {
    this.#heartbeat = heartbeat;
    this.#attempt = attempt;
    // Without a heartbeat timeout there are no heartbeats, and their absence says nothing.
    this.#isTold = heartbeatDetails !== undefined || heartbeatTimeoutMs <= 0;
    const details = this.#isTold ? heartbeatDetails : { paidAttempts: attempt - 1, agentFaults: 0 };
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

  /** A call begins. */
  begin(changes: Partial<AgentProgress>): void {
    this.#current = { ...this.#current, ...changes };
    this.tell();
  }

  /**
   * Beats, unless there is nothing to tell: an attempt that is lost without details counts as one call, as this one does. Then Temporal
   * gets the counts, and what is shown, with the next regular heartbeat.
   *
   * @param isNews whether what is shown is worth a heartbeat of its own
   */
  tell(shown: ShownProgress = {}, isNews = true): void {
    const { paidAttempts, maxAttempts: _, agentFaults, ...others } = this.#details(isNews ? shown : {});
    const isImplied = paidAttempts === this.#attempt && agentFaults === 0 && Object.keys(others).length === 0;
    if (!this.#isTold && isImplied) this.#heartbeat.keep(this.#details(shown));
    else this.beat(shown);
  }

  /** Beats if Temporal has no details at all: an attempt that fails without a call must not count as one. */
  ensureTold(): void {
    if (!this.#isTold) this.beat();
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
    this.#isTold = true;
    this.#heartbeat.beat(this.#details(shown));
  }

  /** Beats, and waits until Temporal has it. Never rejects. */
  confirm(shown?: ShownProgress): Promise<boolean> {
    this.#isTold = true;
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
