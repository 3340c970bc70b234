import type { Info } from '@temporalio/activity';
import type { DeliverCallbackInput } from '../../contract/activities.ts';
import type { FirstTry } from '../../contract/first-try.ts';
import type { CallbackRequest } from './callback-request.ts';
import type { KeptTries } from './kept-tries.ts';

/** A try holds a slot for workflow tasks, of which a worker has 48. */
const MOST_AT_ONCE = 12;
/** How long an ended request waits for the attempt that takes it over; another worker may have got that. */
const KEPT_MS = 60_000;

/** Which delivery a try is of. */
export interface TryKey {
  readonly workflowId: string;
  /** Of the execution. */
  readonly runId: string;
  readonly deliveryId: string;
  readonly url: string;
}

export function tryKeyOf(
  { workflowExecution }: Pick<Info, 'workflowExecution'>,
  { deliveryId, url }: Pick<DeliverCallbackInput, 'deliveryId' | 'url'>,
): TryKey {
  const { workflowId = '', runId = '' } = workflowExecution ?? {};
  return { workflowId, runId, deliveryId, url };
}

/** The first tries of this worker: how many there are, those whose request is still under way, and what became of the others. */
export class FirstTries {
  readonly #kept: KeptTries;
  readonly #underWay = new Map<string, CallbackRequest>();
  #running = 0;

  constructor(kept: KeptTries) {
    this.#kept = kept;
  }

  /** What became of the same try before: its workflow task was lost, or its worker. One that has not ended is deferred. */
  find(key: TryKey): FirstTry | undefined {
    return this.#kept.find(toText(key));
  }

  /** Keeps the time that the body of a try tells, before it is sent, so that whoever sends it again sends the same bytes. */
  begin(key: TryKey, finishedAt: string): void {
    this.#kept.begin(toText(key), { is: 'deferred', finishedAt });
  }

  /** Keeps what became of a try, on the disk where there is one. Never rejects. */
  keep(key: TryKey, end: FirstTry): Promise<void> {
    return this.#kept.keep(toText(key), end);
  }

  /** Takes a place among the tries at once; undefined: all are taken. */
  enter(): (() => void) | undefined {
    if (this.#running >= MOST_AT_ONCE) return undefined;
    this.#running += 1;
    return () => {
      this.#running -= 1;
    };
  }

  /** Leaves a request that takes long to the attempt that follows. */
  handOver(key: TryKey, request: CallbackRequest): void {
    const text = toText(key);
    this.#underWay.set(text, request);
    const forget = (): void => {
      if (this.#underWay.get(text) === request) this.#underWay.delete(text);
    };
    void request.ended.then(() => setTimeout(forget, KEPT_MS).unref());
  }

  /** The request that was handed over; the next who asks gets none. */
  take(key: TryKey): CallbackRequest | undefined {
    const text = toText(key);
    const request = this.#underWay.get(text);
    this.#underWay.delete(text);
    return request;
  }
}

function toText({ workflowId, runId, deliveryId, url }: TryKey): string {
  return JSON.stringify([workflowId, runId, deliveryId, url]);
}
