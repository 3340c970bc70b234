import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type Leave,
  SESSION_IDLE,
  SESSION_QUERY,
  SESSION_RESERVE,
  SESSION_SIGNAL,
  type SessionActivities,
  type SessionState,
  type SessionView,
  type Ticket,
  type TurnGiven,
} from '../../contract/session.ts';
import { TurnQueue } from './turn-queue.ts';
import { autoUpgrade } from '../auto-upgrade.ts';

const join = defineSignal<[Ticket]>(SESSION_SIGNAL.join);
const leave = defineSignal<[Leave]>(SESSION_SIGNAL.leave);
const reserve = defineUpdate<void, [Ticket]>(SESSION_RESERVE);
const empty = defineSignal(SESSION_SIGNAL.empty);
const turn = defineSignal<[TurnGiven]>(SESSION_SIGNAL.turn);
const turns = defineQuery<SessionView>(SESSION_QUERY);

/** Events after which the session goes on in a new execution. */
const MOST_EVENTS = 1000;
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
  const queue = new TurnQueue(carried);
  const { mostEvents = MOST_EVENTS } = carried;
  let errands = 0;
  let isFull = workflowInfo().memo?.['full'] === true;
  let isIdle = workflowInfo().memo?.[SESSION_IDLE] === true;

  /** A handler never waits: what it asks of other workflows ends before the session does. */
  const send = (errand: Promise<unknown>): void => {
    errands += 1;
    void errand
      .catch(() => undefined)
      .finally(() => {
        errands -= 1;
      });
  };
  const cancel = (runIds: readonly string[]): void => {
    for (const runId of runIds) send(getExternalWorkflowHandle(runId).cancel());
  };
  const mustContinue = (): boolean =>
    workflowInfo().historyLength > mostEvents || workflowInfo().continueAsNewSuggested;

  const tell = (): void => {
    const { current, collected = [] } = queue.view;
    const answers = collected.length === 0 ? '' : `, which also answers ${collected.length} more`;
    setCurrentDetails(
      `**Current run**: ${current === undefined ? 'none' : `\`${current}\`${answers}`}. ${queue.length} waiting.`,
    );
    if (isFull === queue.isFull) return;
    isFull = !isFull;
    upsertMemo({ full: isFull });
  };

  const tellIdle = (idles: boolean): void => {
    if (isIdle !== idles) upsertMemo({ [SESSION_IDLE]: idles });
    isIdle = idles;
  };

  setHandler(
    join,
    (ticket) => {
      if (typeof ticket.runId !== 'string' || ticket.runId === '') return;
      const { cancel: canceled, tellAgain } = queue.join(ticket);
      if (tellAgain) send(getExternalWorkflowHandle(ticket.runId).signal(turn, queue.given));
      cancel(canceled);
      tell();
    },
    { description: 'Sent by the ingress, or by a run that waits: {"runId": "run-…"}.' },
  );
  setHandler(
    leave,
    (left) => {
      queue.leave(left);
      tell();
    },
    { description: 'Sent by a run whose agent has answered, or that no longer waits.' },
  );
  setHandler(
    empty,
    () => {
      cancel(queue.dismiss(() => true));
      queue.forget();
      tell();
    },
    { description: 'Cancels every run that waits, and forgets the turns before.' },
  );
  setHandler(
    reserve,
    (ticket) => {
      queue.join(ticket);
      tell();
    },
    {
      description: 'Sent by the ingress for a task that may not wait. Refused while a run is at work or waits.',
      validator: (_ticket: Ticket) => {
        if (!queue.isIdle) throw new Error('The session is at work.');
      },
    },
  );
  setHandler(turns, () => queue.view);

  /** Waits until the turn of a run is over, or the history is long. */
  const hold = async (runId: string): Promise<void> => {
    const isOver = (): boolean => queue.current !== runId || mustContinue();
    const alone = !queue.isAwaited;
    const patience = alone ? UNWATCHED_ALONE_MS : UNWATCHED_MS;
    if (await condition(() => isOver() || (alone && queue.isAwaited), patience)) return;
    const scope = new CancellationScope();
    const ended = scope
      .run(() => watchRun({ runId }))
      .then(
        () => true,
        () => false,
      );
    const hasEnded = await Promise.race([ended, condition(isOver).then(() => false)]);
    scope.cancel();
    if (!hasEnded || queue.current !== runId) return;
    await condition(() => queue.current !== runId, AGENT_STOPS_WITHIN_MS);
    queue.lose(runId);
  };

  /** Waits for the next run for as long as the turns are remembered: whether one has come. */
  const idle = async (): Promise<boolean> => {
    await condition(() => errands === 0);
    const { remembersMs } = queue;
    if (!queue.isIdle || remembersMs === 0) return !queue.isIdle;
    tellIdle(true);
    // DELETE of the session forgets the turns.
    await condition(() => !queue.isIdle || queue.remembersMs === 0, remembersMs);
    if (!queue.isIdle) tellIdle(false);
    return !queue.isIdle;
  };

  for (;;) {
    tell();
    if (mustContinue()) {
      await condition(() => errands === 0);
      if (!queue.isIdle || queue.remembersMs > 0)
        await continueAsNew<typeof agentSession>({ ...queue.state, ...(carried.mostEvents && { mostEvents }) });
    }
    if (queue.isIdle && !(await idle())) return;
    const { current } = queue;
    if (current !== undefined) {
      await hold(current);
      continue;
    }
    const next = queue.take();
    if (next === undefined) continue;
    tell();
    if (!(await giveTurn(next, queue.given))) queue.lose(next);
  }
}

// A session goes on for as long as its conversation does: it moves to the build that is current.
autoUpgrade(agentSession);

/** Whether the run is there to take its turn. */
async function giveTurn(runId: string, given: TurnGiven): Promise<boolean> {
  const run = getExternalWorkflowHandle(runId);
  const give = (): Promise<boolean> =>
    run.signal(turn, given).then(
      () => true,
      () => false,
    );
  if (await give()) return true;
  await sleep(RECORDED_WITHIN_MS);
  return give();
}
