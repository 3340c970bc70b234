import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { AgentRunInput } from '../contract/run.ts';
import { SESSION_SIGNAL, type SessionActivities } from '../contract/session.ts';
import { PATCH } from './patches.ts';

const turn = defineSignal(SESSION_SIGNAL.turn);
const leave = defineSignal<[{ readonly runId: string }]>(SESSION_SIGNAL.leave);

/** How long a run waits before it asks for its turn itself: whoever announces it may have died. Then again and again. */
const ASK_AFTER_MS = [10_000, 60_000, 300_000] as const;
const ASK_EVERY_MS = 600_000;

interface Waiting {
  /** Called when the run begins to wait. */
  readonly onWait: () => void;
  /** Called when it is its turn. */
  readonly onTurn: () => void;
}

/**
 * Does something when it is the run's turn in its session, and gives the turn back when it is done. A run without a session has it
 * at once, at no event.
 *
 * @throws CancelledFailure when the run is canceled while it waits
 */
export async function inTurn<T>(
  session: AgentRunInput['session'],
  { onWait, onTurn }: Waiting,
  work: () => Promise<T>,
): Promise<T> {
  if (session === undefined || !patched(PATCH.waitForTurn)) return work();
  const { workflowId: runId } = workflowInfo();
  let isTurn = false;
  let isOver = false;
  // A session that has ended needs not be told.
  const giveBack = (): Promise<void> =>
    CancellationScope.nonCancellable(() => getExternalWorkflowHandle(session.id).signal(leave, { runId })).catch(
      () => undefined,
    );
  setHandler(
    turn,
    () => {
      isTurn = true;
      if (isOver) void giveBack();
    },
    { description: "Sent by the session when it is this run's turn." },
  );
  try {
    onWait();
    await waitForTurn(session, () => isTurn);
    onTurn();
    return await work();
  } finally {
    isOver = true;
    await giveBack();
  }
}

async function waitForTurn(
  { id, interrupts, announcesItself }: NonNullable<AgentRunInput['session']>,
  isTurn: () => boolean,
): Promise<void> {
  const { askForTurn } = proxyActivities<Pick<SessionActivities, 'askForTurn'>>({
    summary: 'asks for a turn in the session',
    startToCloseTimeout: 10_000,
    scheduleToCloseTimeout: ASK_EVERY_MS,
  });
  const delays = [...(announcesItself === true ? [0] : []), ...ASK_AFTER_MS];
  for (let asked = 0; ; asked += 1) {
    const delay = delays[asked] ?? ASK_EVERY_MS;
    if (delay > 0 && (await condition(isTurn, delay))) return;
    if (isTurn()) return;
    try {
      await askForTurn({ sessionId: id, ...(interrupts !== undefined && { interrupts }) });
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }
}
