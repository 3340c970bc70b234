import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import {
  MAX_QUEUED,
  SESSION_QUERY,
  SESSION_SIGNAL,
  type SessionActivities,
  type SessionState,
  type SessionView,
  type Ticket,
} from '../contract/session.ts';

const join = defineSignal<[Ticket]>(SESSION_SIGNAL.join);
const leave = defineSignal<[{ readonly runId: string }]>(SESSION_SIGNAL.leave);
const empty = defineSignal(SESSION_SIGNAL.empty);
const turn = defineSignal(SESSION_SIGNAL.turn);
const turns = defineQuery<SessionView>(SESSION_QUERY);

/** Events after which the session goes on in a new execution. */
const MOST_EVENTS = 1000;
/** Runs that are remembered after their turn. An ingress announces a run within seconds. */
const REMEMBERED = 200;
/** A reserved run may be recorded a moment after its session. */
const RECORDED_WITHIN_MS = 1000;
/** How long a run keeps others waiting before somebody looks whether it still runs. */
const UNWATCHED_MS = 2000;
/** The same while nobody waits. */
const UNWATCHED_ALONE_MS = 600_000;
/** A run that was terminated has an agent that learns of it with its next heartbeat. */
const AGENT_STOPS_WITHIN_MS = 2000;
const WATCHED_EVERY_MS = 1000;

const { watchRun } = proxyActivities<Pick<SessionActivities, 'watchRun'>>({
  summary: 'watches for the end of the current run',
  startToCloseTimeout: 10_000,
  retry: { initialInterval: WATCHED_EVERY_MS, backoffCoefficient: 1 },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/**
 * Gives the runs of one session their turns, one after the other, in the order in which they join, and ends when nobody is left.
 *
 * A run leaves when its agent has answered, not when its callback is delivered. One that ends without leaving (an operator terminates
 * it) is noticed by `watchRun`.
 */
export async function agentSession(carried: SessionState): Promise<void> {
  let queue: Ticket[] = [...carried.queue];
  const seen = [...carried.seen];
  let { current } = carried;
  let errands = 0;
  let isFull = workflowInfo().memo?.['full'] === true;

  /** A handler never waits: what it asks of other workflows ends before the session does. */
  const send = (errand: Promise<unknown>): void => {
    errands += 1;
    void errand
      .catch(() => undefined)
      .finally(() => {
        errands -= 1;
      });
  };
  const remember = (runId: string): void => {
    seen.push(runId);
    seen.splice(0, seen.length - REMEMBERED);
  };
  /** Removes what waits and is to go, and cancels it. */
  const dismiss = (goes: (ticket: Ticket) => boolean): void => {
    for (const { runId } of queue.filter(goes)) {
      remember(runId);
      send(getExternalWorkflowHandle(runId).cancel());
    }
    queue = queue.filter((ticket) => !goes(ticket));
  };
  const mustContinue = (): boolean =>
    workflowInfo().historyLength > MOST_EVENTS || workflowInfo().continueAsNewSuggested;

  const tell = (): void => {
    setCurrentDetails(
      `**Current run**: ${current === undefined ? 'none' : `\`${current}\``}. ${queue.length} waiting.`,
    );
    if (isFull === queue.length >= MAX_QUEUED) return;
    isFull = !isFull;
    upsertMemo({ full: isFull });
  };

  setHandler(
    join,
    (ticket) => {
      const { runId, interrupts = false, asks = false } = ticket;
      if (typeof runId !== 'string' || runId === '') return;
      if (runId === current) {
        if (asks) send(getExternalWorkflowHandle(runId).signal(turn));
        return;
      }
      if (queue.some((waiting) => waiting.runId === runId) || (!asks && seen.includes(runId))) return;
      if (interrupts) {
        if (current !== undefined) send(getExternalWorkflowHandle(current).cancel());
        dismiss((waiting) => waiting.interrupts === true);
        queue.unshift({ runId, interrupts });
      } else {
        queue.push({ runId });
      }
      tell();
    },
    { description: 'Sent by the ingress, or by a run that waits: {"runId": "run-…"}.' },
  );
  setHandler(
    leave,
    ({ runId }) => {
      if (runId === current) current = undefined;
      else queue = queue.filter((ticket) => ticket.runId !== runId);
      remember(runId);
      tell();
    },
    { description: 'Sent by a run whose agent has answered, or that no longer waits.' },
  );
  setHandler(
    empty,
    () => {
      dismiss(() => true);
      tell();
    },
    { description: 'Cancels every run that waits.' },
  );
  setHandler(turns, () => ({
    ...(current !== undefined && { current }),
    queue: queue.map(({ runId }) => runId),
  }));

  /** Waits until the turn of a run is over, or the history is long. */
  const hold = async (runId: string): Promise<void> => {
    const isOver = (): boolean => current !== runId || mustContinue();
    const alone = queue.length === 0;
    const patience = alone ? UNWATCHED_ALONE_MS : UNWATCHED_MS;
    if (await condition(() => isOver() || (alone && queue.length > 0), patience)) return;
    const scope = new CancellationScope();
    const ended = scope
      .run(() => watchRun({ runId }))
      .then(
        () => true,
        () => false,
      );
    const hasEnded = await Promise.race([ended, condition(isOver).then(() => false)]);
    scope.cancel();
    if (!hasEnded || current !== runId) return;
    await condition(() => current !== runId, AGENT_STOPS_WITHIN_MS);
    if (current === runId) current = undefined;
  };

  for (;;) {
    tell();
    if (current === undefined && queue.length === 0) {
      await condition(() => errands === 0);
      if (current === undefined && queue.length === 0) return;
    }
    if (mustContinue()) {
      await condition(() => errands === 0);
      await continueAsNew<typeof agentSession>({ queue, seen, ...(current !== undefined && { current }) });
    }
    if (current === undefined) {
      const next = queue.shift();
      if (next === undefined) continue;
      current = next.runId;
      remember(current);
      tell();
      if (!(await giveTurn(next.runId)) && current === next.runId) current = undefined;
    } else {
      await hold(current);
    }
  }
}

/** Whether the run is there to take its turn. */
async function giveTurn(runId: string): Promise<boolean> {
  const run = getExternalWorkflowHandle(runId);
  const give = (): Promise<boolean> =>
    run.signal(turn).then(
      () => true,
      () => false,
    );
  if (await give()) return true;
  await sleep(RECORDED_WITHIN_MS);
  return give();
}
