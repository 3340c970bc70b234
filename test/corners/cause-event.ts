import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiAnswer } from './corner-api.ts';
import type { CornerRun } from './corner-run.ts';
import type { Event, Fault } from './events.ts';
import type { State } from './states.ts';
import { refusalCode, type TemporalView } from './temporal-view.ts';

/** How the one who caused an event was answered. */
export type Reply =
  | { readonly by: 'nobody' }
  | ({ readonly by: 'api' } & ApiAnswer)
  /** Without a code: Temporal did it. */
  | { readonly by: 'temporal'; readonly code?: string };

type Cause = (run: CornerRun, temporal: TemporalView) => Promise<Reply>;

/** A pause must have reached the worker before it ends. */
const PAUSED_MS = 4000;

const CAUSES: Readonly<Record<Exclude<Event, Fault>, Cause>> = {
  cancel: async ({ api, seat, runId }) => ({ by: 'api', ...(await api.act(seat, runId, 'cancel')) }),
  'cancel-twice': async ({ api, seat, runId }) => {
    const [first] = await Promise.all([api.act(seat, runId, 'cancel'), api.act(seat, runId, 'cancel')]);
    return { by: 'api', ...first };
  },
  redeliver: async ({ api, seat, runId }) => ({ by: 'api', ...(await api.act(seat, runId, 'redeliver')) }),
  'redeliver-elsewhere': async ({ api, seat, runId, elsewhere }) => ({
    by: 'api',
    ...(await api.act(seat, runId, 'redeliver', { callback_url: elsewhere.url })),
  }),
  'temporal-cancel': ({ runId }, temporal) => asOperator(() => temporal.cancel(runId)),
  terminate: ({ runId }, temporal) => asOperator(() => temporal.terminate(runId)),
  'reset-first': ({ runId }, temporal) => asOperator(() => temporal.reset(runId, 'first')),
  'reset-last': ({ runId }, temporal) => asOperator(() => temporal.reset(runId, 'last')),
  pause: ({ runId, state }, temporal) => asOperator(() => temporal.pauseActivity(runId, activityOf(state))),
  unpause: async ({ runId, state }, temporal) => {
    const paused = await asOperator(() => temporal.pauseActivity(runId, activityOf(state)));
    if (paused.code !== undefined) return paused;
    // An answer that is on its way ends the activity meanwhile.
    if (state === 'answer' || state === 'team-answer')
      return asOperator(() => temporal.unpauseActivity(runId, activityOf(state)));
    await sleep(PAUSED_MS);
    return asOperator(() => temporal.unpauseActivity(runId, activityOf(state)));
  },
  'reset-activity': ({ runId, state }, temporal) => asOperator(() => temporal.resetActivity(runId, activityOf(state))),
};

/** Causes an event that concerns one run. */
export function causeEvent(event: Exclude<Event, Fault>, run: CornerRun, temporal: TemporalView): Promise<Reply> {
  return CAUSES[event](run, temporal);
}

async function asOperator(call: () => Promise<void>): Promise<{ by: 'temporal'; code?: string }> {
  try {
    await call();
    return { by: 'temporal' };
  } catch (error) {
    return { by: 'temporal', code: refusalCode(error) };
  }
}

const DELIVERING: readonly State[] = ['callback', 'retry', 'dead', 'delivered', 'team-callback'];

/** The activity that is open in a state, or was last. */
function activityOf(state: State): string {
  const isDelivery = DELIVERING.includes(state);
  return isDelivery ? 'callback' : 'agent';
}
