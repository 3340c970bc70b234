import type { CornerApi } from './corner-api.ts';
import type { CornerStack, Seat } from './corner-stack.ts';
import { type Promised, promisedFor } from './table/corners.ts';
import { Gate } from './gate.ts';
import { type GatedReceiver, type ReceiverStep, startGatedReceiver } from './gated-receiver.ts';
import type { Event } from './events.ts';
import type { State } from './states.ts';
import type { ModelCall } from '../support/fake-garudust/model-script.ts';

/** One run that is brought into a state to meet an event. */
export interface CornerRun {
  readonly state: State;
  readonly event: Event;
  readonly promised: Promised;
  readonly seat: Seat;
  readonly api: CornerApi;
  /** The text of its task, and its idempotency key. */
  readonly text: string;
  /** Opens when agent and receiver may answer. */
  readonly gate: Gate;
  readonly receiver: GatedReceiver;
  /** For a redelivery to another address. */
  readonly elsewhere: GatedReceiver;
  /** Set when the webhook is accepted. */
  runId: string;
  /** The calls of the agent so far. */
  readonly calls: () => readonly ModelCall[];
  close(): void;
}

const SEATS: Partial<Record<State, Seat>> = { permit: 'narrow', 'last-call': 'last', 'team-agent': 'last' };
/** In these states the agent has the task until the gate opens. */
const HELD_BY_AGENT: readonly State[] = ['agent', 'last-call', 'paused', 'answer', 'team-agent', 'team-answer'];

/** Prepares agent and receivers for a run; it is not posted yet. */
export async function planRun(state: State, event: Event, stack: CornerStack): Promise<CornerRun> {
  const text = `${state}:${event}`;
  const gate = new Gate();
  const open = new Gate();
  open.open();
  stack.model.plan(text, { gate: HELD_BY_AGENT.includes(state) ? gate : open, failsFirst: state === 'backoff' });
  const receiver = await startGatedReceiver(receiverSteps(state, gate));
  const elsewhere = await startGatedReceiver([]);
  return {
    state,
    event,
    promised: promisedFor(state, event),
    seat: SEATS[state] ?? 'steady',
    api: state === 'queued' ? stack.lateApi : stack.api,
    text,
    gate,
    receiver,
    elsewhere,
    runId: '',
    calls: () => stack.model.callsFor(text),
    close() {
      gate.open();
      receiver.close();
      elsewhere.close();
    },
  };
}

function receiverSteps(state: State, gate: Gate): readonly ReceiverStep[] {
  if (state === 'callback' || state === 'team-callback') return [500, gate];
  if (state === 'retry') return [500, 500];
  return state === 'dead' ? [410] : [];
}
