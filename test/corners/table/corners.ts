import { type Corner, type CornersOfEvent, type Happening, type Refusal } from '../corner.ts';
import type { Event } from '../events.ts';
import { type State, STATES } from '../states.ts';
import { cancel, redeliver, redeliverElsewhere } from './by-caller.ts';
import { temporalAway, temporalKill, workerKill, workerStop } from './by-machine.ts';
import { pause, resetActivity, resetFirst, resetLast, temporalCancel, terminate, unpause } from './by-operator.ts';

/** Every event in every state: what is promised, what `npm run test:corners` holds, and what docs/reliability.md says. */
export const CORNERS: Readonly<Record<Event, CornersOfEvent>> = {
  cancel,
  'cancel-twice': cancel,
  redeliver,
  'redeliver-elsewhere': redeliverElsewhere,
  'temporal-cancel': temporalCancel,
  terminate,
  'reset-first': resetFirst,
  'reset-last': resetLast,
  pause,
  unpause,
  'reset-activity': resetActivity,
  'worker-kill': workerKill,
  'worker-stop': workerStop,
  'temporal-away': temporalAway,
  'temporal-kill': temporalKill,
};

/** What is promised for a run in a state that meets an event. */
export interface Promised extends Happening {
  /** Undefined: the event is accepted, or nobody is asked. */
  readonly refusal: Refusal | undefined;
  readonly why: string;
}

/** What is promised; an event that is refused changes nothing. */
export function promisedFor(state: State, event: Event): Promised {
  const corner: Corner = CORNERS[event][state];
  if ('refusal' in corner) return { ...corner, ...STATES[state].undisturbed };
  return { ...corner, refusal: undefined };
}
