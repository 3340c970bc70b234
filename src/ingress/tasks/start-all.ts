import { ProblemError } from '../../protocol/problem-error.ts';

/** Starts of one delivery that are under way at the same time: more would be late for their turns. */
const STARTS_AT_ONCE = 8;

/** How long a delivery begins starts, in milliseconds. With the deadline of the last ones it is below the 30 s that most senders wait. */
const BUDGET_MS = 22_000;

/** While these last no other start would fare better. */
const AWAY: readonly string[] = ['temporal_unavailable', 'temporal_not_set_up', 'overloaded'];

/**
 * Starts what the events of a delivery ask for, a few at the same time. Where one event is refused the others go on; where Temporal is away,
 * or the time is up, none begins any more. The sender sends the delivery again, and its ids find what was recorded.
 *
 * @param budgetMs how long starts begin, in milliseconds
 * @throws once what is under way has settled: that Temporal is away, or else the first error; ProblemError `overloaded` when the time is up
 */
export async function startAll<T, R>(
  tasks: readonly T[],
  start: (task: T) => Promise<R>,
  budgetMs: number = BUDGET_MS,
): Promise<readonly R[]> {
  const until = performance.now() + budgetMs;
  const replies: R[] = [];
  const left = tasks.entries();
  const errors: unknown[] = [];
  const startNext = async (): Promise<void> => {
    for (const [index, task] of left) {
      if (errors.some((error) => rankOf(error) < AWAY.length)) return;
      if (performance.now() > until) {
        errors.push(late(tasks.length));
        return;
      }
      try {
        replies[index] = await start(task);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, startNext));
  // Sorting is stable: of two alike, the first one counts.
  const [worst] = errors.toSorted((one, other) => rankOf(one) - rankOf(other));
  if (errors.length > 0) throw worst;
  return replies;
}

/** The cause comes before its effects: while Temporal is away, turns come late. */
function rankOf(error: unknown): number {
  const place = error instanceof ProblemError ? AWAY.indexOf(error.code) : -1;
  return place === -1 ? AWAY.length : place;
}

function late(events: number): ProblemError {
  return new ProblemError(
    'overloaded',
    `The delivery has ${events} events, not all of which could be recorded in time: send it again, which finds those that were.`,
  );
}
