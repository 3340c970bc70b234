import type { Happening } from './corner.ts';

interface StateRow {
  /** Whether it is a state of a workflow of a team's own. */
  readonly team?: true;
  readonly title: string;
  /** What holds of a run in this state. */
  readonly meaning: string;
  /** What becomes of a run in this state when nothing happens to it. */
  readonly undisturbed: Happening;
}

/** The states that a run passes through, in order. */
export const STATES = {
  queued: {
    title: 'before a worker came',
    meaning: 'The webhook is accepted, and no worker has taken the run.',
    undisturbed: { end: 'delivered', paidCalls: 1, callbacks: 1 },
  },
  asked: {
    title: 'asking a person',
    meaning: 'The source wants an `approval`, and nobody has answered. Somebody approves it in the end.',
    undisturbed: { end: 'delivered', paidCalls: 1, callbacks: 1 },
  },
  permit: {
    title: 'waiting for a permit',
    meaning: 'The agent serves as many tasks as its `concurrency` permits; the run waits for its turn.',
    undisturbed: { end: 'delivered', paidCalls: 1, callbacks: 1 },
  },
  agent: {
    title: 'agent at work',
    meaning: 'The agent has the task and has not answered. It may be called again (`max_attempts`).',
    undisturbed: { end: 'delivered', paidCalls: 1, callbacks: 1 },
  },
  'last-call': {
    title: 'agent at its last call',
    meaning: 'The same, and this is the last call that `max_attempts` permits.',
    undisturbed: { end: 'delivered', paidCalls: 1, callbacks: 1 },
  },
  backoff: {
    title: 'between agent attempts',
    meaning: 'A call of the agent failed; the next one, the last that `max_attempts` permits, is due in some seconds.',
    undisturbed: { end: 'delivered', paidCalls: 2, callbacks: 1 },
  },
  paused: {
    title: 'paused by an operator',
    meaning: 'The activity `agent` was paused in Temporal while the agent was at work, which aborted the call.',
    undisturbed: { end: 'paused', paidCalls: 1, callbacks: 0 },
  },
  answer: {
    title: 'answered, not recorded',
    meaning: 'The agent has answered. The worker has the answer in its journal; Temporal does not have it yet.',
    undisturbed: { end: 'delivered', paidCalls: 1, callbacks: 1 },
  },
  callback: {
    title: 'callback at work',
    meaning: 'A first attempt failed; the receiver has the request of the second one and has not answered.',
    undisturbed: { end: 'delivered', paidCalls: 1, callbacks: 1 },
  },
  retry: {
    title: 'between callback attempts',
    meaning: 'The receiver refused the callback, and the next attempt is due in some seconds.',
    undisturbed: { end: 'delivered', paidCalls: 1, callbacks: 1 },
  },
  dead: {
    title: 'dead letter',
    meaning: 'The receiver asked for no further attempts; the run waits for a redelivery.',
    undisturbed: { end: 'dead-letter', paidCalls: 1, callbacks: 0 },
  },
  delivered: {
    title: 'finished and delivered',
    meaning: 'The receiver has accepted the callback, and the workflow is closed.',
    undisturbed: { end: 'delivered', paidCalls: 1, callbacks: 1 },
  },
  'team-agent': {
    team: true,
    title: 'your workflow: `runAgent` at its last call',
    meaning: 'The agent has the task of a step, and `maxAttempts` permits no other call.',
    undisturbed: { end: 'team-completed', paidCalls: 1, callbacks: 1 },
  },
  'team-answer': {
    team: true,
    title: 'your workflow: answered, not recorded',
    meaning:
      'The agent has answered the step. The worker has the answer in its journal; Temporal does not have it yet.',
    undisturbed: { end: 'team-completed', paidCalls: 1, callbacks: 1 },
  },
  'team-callback': {
    team: true,
    title: 'your workflow: `deliverCallback` at work',
    meaning: 'The receiver has the request of a second attempt and has not answered.',
    undisturbed: { end: 'team-completed', paidCalls: 1, callbacks: 1 },
  },
} as const satisfies Record<string, StateRow>;

export type State = keyof typeof STATES;

export const STATE_NAMES = Object.keys(STATES) as State[];

/** Whether a state is one of a workflow of a team's own. */
export function isTeam(state: State): boolean {
  return 'team' in STATES[state];
}
