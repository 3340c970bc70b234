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
import { judgeFailure } from '../../contract/judge-failure.ts';
import type { AgentRunInput } from '../../contract/run.ts';
import {
  type Collected,
  type Leave,
  SESSION_SIGNAL,
  type SessionActivities,
  type TurnGiven,
} from '../../contract/session.ts';
import { PATCH } from '../patches.ts';

const turn = defineSignal<[TurnGiven?]>(SESSION_SIGNAL.turn);
const collected = defineSignal<[Collected]>(SESSION_SIGNAL.collected);
const leave = defineSignal<[Leave]>(SESSION_SIGNAL.leave);

/** How long a run waits before it asks for its turn itself: whoever announces it may have died. Then again and again. */
const ASK_AFTER_MS = [10_000, 60_000, 300_000] as const;
const ASK_EVERY_MS = 600_000;

/** How a run comes to its answer. */
export interface Turn extends TurnGiven {
  /** The run whose call has answered this one. Absent: its own call does. */
  readonly answeredBy?: string;
}

interface Waiting {
  /** Called when the run begins to wait. */
  readonly onWait: () => void;
  /** Called when another run's call is to answer this one. Default: nothing happens. */
  readonly onCollected?: (into: string) => void;
  /** Called when it is its turn. */
  readonly onTurn: () => void;
}

/**
 * Does something when it is the run's turn in its session, or when another run's call has answered it, and gives the turn back when it
 * is done. A run without a session has it at once, at no event.
 *
 * @throws CancelledFailure when the run is canceled while it waits
 */
export async function inTurn<T>(
  session: AgentRunInput['session'],
  { onWait, onCollected, onTurn }: Waiting,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  if (session === undefined || !patched(PATCH.waitForTurn)) return work({});
  const { workflowId: runId } = workflowInfo();
  let own: Turn | undefined;
  let isOver = false;
  let isCanceled = false;
  // A session that has ended needs not be told.
  const giveBack = (): Promise<void> =>
    unheard(getExternalWorkflowHandle(session.id).signal(leave, { runId, ...(isCanceled && { isCanceled }) }));
  const tellCollected = (over: boolean): Promise<void>[] =>
    (own?.collected ?? []).map((other) =>
      unheard(getExternalWorkflowHandle(other).signal(collected, { into: runId, isOver: over })),
    );
  setHandler(
    turn,
    (given = {}) => {
      own ??= given;
      if (isOver) void CancellationScope.nonCancellable(giveBack);
    },
    { description: "Sent by the session when it is this run's turn." },
  );
  setHandler(
    collected,
    ({ into, isOver: isAnswered }) => {
      if (own !== undefined || isOver) return;
      if (isAnswered) own = { answeredBy: into };
      onCollected?.(into);
    },
    { description: "Sent by another run of the session whose call answers this run's task too." },
  );
  try {
    onWait();
    const given = await waitForTurn(session, () => own);
    onTurn();
    await Promise.all(tellCollected(false));
    return await work(given);
  } catch (error) {
    isCanceled = judgeFailure(error).status === 'canceled';
    throw error;
  } finally {
    isOver = true;
    await CancellationScope.nonCancellable(() =>
      Promise.all([...(isCanceled ? [] : tellCollected(true)), ...(own?.answeredBy === undefined ? [giveBack()] : [])]),
    );
  }
}

/** Whoever has ended needs not be told. */
function unheard(signal: Promise<void>): Promise<void> {
  return signal.catch(() => undefined);
}

async function waitForTurn(
  session: NonNullable<AgentRunInput['session']>,
  read: () => Turn | undefined,
): Promise<Turn> {
  const { askForTurn } = proxyActivities<Pick<SessionActivities, 'askForTurn'>>({
    summary: 'asks for a turn in the session',
    startToCloseTimeout: 10_000,
    scheduleToCloseTimeout: ASK_EVERY_MS,
  });
  const { id: sessionId, announcesItself, ...wishes } = session;
  const delays = [...(announcesItself === true ? [0] : []), ...ASK_AFTER_MS];
  for (let asked = 0; ; asked += 1) {
    const delay = delays[asked] ?? ASK_EVERY_MS;
    if (delay > 0) await condition(() => read() !== undefined, delay);
    const given = read();
    if (given !== undefined) return given;
    try {
      await askForTurn({ sessionId, ...wishes });
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }
}
