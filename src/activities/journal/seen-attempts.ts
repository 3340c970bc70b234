import { Context } from '@temporalio/activity';
import { type ActivityKey, activityKeyOf } from './journal-entry.ts';

/** An attempt of an activity, as Temporal names it. */
export type AttemptIds = Pick<ActivityKey, 'runId' | 'activityId'> & { readonly attempt: number };

/** The SDK reports the end of an attempt for some 10 s at most. No worker ends a thousand a second. */
const REMEMBERED = 10_000;

/** The attempts that have reached this process: those that run, and the last that ended, whose end may be on its way to Temporal. */
export class SeenAttempts {
  readonly #running = new Set<string>();
  readonly #ended = new Set<string>();

  /** @returns what tells that the attempt has ended */
  begin(ids: AttemptIds): () => void {
    const name = attemptName(ids);
    this.#running.add(name);
    return () => {
      this.#running.delete(name);
      this.#ended.add(name);
      if (this.#ended.size <= REMEMBERED) return;
      for (const oldest of this.#ended) {
        this.#ended.delete(oldest);
        break;
      }
    };
  }

  /** Wraps an activity so that its attempts are seen. */
  watch<I, R>(activity: (input: I) => Promise<R>): (input: I) => Promise<R> {
    return async (input) => {
      const { info } = Context.current();
      const end = this.begin({ ...activityKeyOf(info), attempt: info.attempt });
      try {
        return await activity(input);
      } finally {
        end();
      }
    };
  }

  has(ids: AttemptIds): boolean {
    const name = attemptName(ids);
    return this.#running.has(name) || this.#ended.has(name);
  }
}

/** The name of an attempt, different from every other's. */
export function attemptName({ runId, activityId, attempt }: AttemptIds): string {
  return `${runId}/${attempt}/${activityId}`;
}
