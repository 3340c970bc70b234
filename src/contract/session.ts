import * as z from 'zod/mini';
import type { AgentAnswer } from './run.ts';
import { filledText, record, type Stored } from './stored.ts';

/**
 * Sessions: the runs of a client that share a session key take turns. What run, session and ingress tell each other holds run ids
 * alone, never a task or an answer.
 */

/** What happens to a task whose session has a run already. */
export const SESSION_POLICIES = ['queue', 'parallel', 'reject', 'interrupt', 'collect'] as const;
export type SessionPolicy = (typeof SESSION_POLICIES)[number];
export const DEFAULT_SESSION_POLICY: SessionPolicy = 'queue';

/** Name of the workflow that gives the turns of one session. It is no run. */
export const AGENT_SESSION = 'agentSession';

/** Signals of a session; `turn` and `collected` are a run's. */
export const SESSION_SIGNAL = {
  /** To the session: the run waits for its turn. */
  join: 'join',
  /** To the session: the agent of the run has answered, or the run no longer waits. */
  leave: 'leave',
  /** To the session: cancel what waits. */
  empty: 'empty',
  /** To a run: it is its turn. */
  turn: 'turn',
  /** To a run: another run's call of the agent answers it too, or has. */
  collected: 'collected',
} as const;

/** Update of a session that only remembers: it takes the run as its next one, or refuses while it is at work. */
export const SESSION_RESERVE = 'reserve';

/** Memo of a session that is at no work and remembers its turns. */
export const SESSION_IDLE = 'idle';

/** Most turns that a session remembers. */
export const MAX_TURNS = 100;

/** Query of a session, which answers with a `SessionView`. */
export const SESSION_QUERY = 'turns';

/** Runs that may wait in one session where nobody says otherwise; above it, tasks are refused. */
export const MAX_QUEUED = 1000;

/** Runs that one call of an agent may answer, and how long their texts may be together, in bytes of UTF-8. */
export const MAX_COLLECTED = 50;
export const MAX_COLLECTED_BYTES = 256 * 1024;

/**
 * Events of a session's execution above which it is clogged: it continues as new far below, so no worker reads its signals, of which
 * Temporal takes 10,000.
 */
export const CLOGGED_EVENTS = 8000;

/** The session of a run, as its input names it. */
export const SESSION_PLACE = record({
  /** Workflow ID of the session. */
  id: filledText('write the workflow ID of the session'),
  /** Cancels the current run of the session. */
  interrupts: z.exactOptional(z.boolean({ error: 'is not true or false.' })),
  /** Nobody announces the run to its session, so it does so itself, at once. */
  announcesItself: z.exactOptional(z.boolean({ error: 'is not true or false.' })),
  /** Runs that may wait in the session, this one among them. Default: `MAX_QUEUED`. */
  mostQueued: z.exactOptional(z.number({ error: 'is not a number.' })),
  /** The agent has no memory of its own: how many turns it is told, and for how long the session remembers them while nobody waits. */
  recalls: z.exactOptional(
    record({ turns: z.number({ error: 'is not a number.' }), forMs: z.number({ error: 'is not a number.' }) }),
  ),
  /** One call of the agent may answer it and its neighbours in the queue that have the same `as`: one agent, one user. */
  collects: z.exactOptional(
    record({ as: filledText('write what such tasks have in common'), bytes: z.number({ error: 'is not a number.' }) }),
  ),
});

/** What a run asks of its session, beside its turn. */
export type SessionWishes = Omit<Stored<typeof SESSION_PLACE>, 'id' | 'announcesItself'>;

/** A run that wants its turn. */
export interface Ticket extends SessionWishes {
  readonly runId: string;
  /** The run itself asks, and so it waits for certain. */
  readonly asks?: boolean;
}

/** How a run is announced to its session. */
export function toTicket(runId: string, place: Stored<typeof SESSION_PLACE>): Ticket {
  const { id: _, announcesItself: __, ...wishes } = place;
  return { runId, ...wishes };
}

/** Argument of the signal `turn`. */
export interface TurnGiven {
  /** The runs that the same call of the agent answers, in the order of their turns. */
  readonly collected?: readonly string[];
  /** The runs that had their turn before, the latest last, for an agent without a memory of its own. */
  readonly earlier?: readonly string[];
}

/** Argument of the signal `collected`. */
export interface Collected {
  /** The run whose call answers this one. */
  readonly into: string;
  /** Its agent has answered, or has failed for good. */
  readonly isOver: boolean;
}

/** Argument of the signal `leave`. */
export interface Leave {
  readonly runId: string;
  /** The run was canceled, so that what it collected is to be asked again. */
  readonly isCanceled?: boolean;
}

/** What a session carries from one execution to the next. */
export interface SessionState {
  /** In the order of their turns. */
  readonly queue: readonly Ticket[];
  /** The run whose turn it is. */
  readonly current?: string;
  /** The runs that its call answers too. */
  readonly collected?: readonly Ticket[];
  /** Runs that may wait, as the latest that joined says. */
  readonly mostQueued?: number;
  /** Runs whose turn ended with an answer or a failure, the latest last. */
  readonly turns?: readonly string[];
  /** How long they are remembered while nobody waits, in milliseconds. */
  readonly rememberedMs?: number;
  /** Events after which it goes on in a new execution. Absent: as many as the workflow says. */
  readonly mostEvents?: number;
  /** How many turns the current run is told. */
  readonly recalls?: number;
  /** Runs that have had their turn, the latest last: a late `join` of one of them is dropped. */
  readonly seen: readonly string[];
}

/** What a session tells of itself: run ids. */
export interface SessionView {
  readonly current?: string;
  /** Absent where the call of the current run answers no other. */
  readonly collected?: readonly string[];
  readonly queue: readonly string[];
}

/** The activities of runs and sessions that take turns. */
export interface SessionActivities {
  /** Announces the calling run to its session. */
  askForTurn(input: { readonly sessionId: string } & SessionWishes): Promise<void>;
  /** Ends when a run no longer holds its turn. */
  watchRun(input: { readonly runId: string }): Promise<void>;
  /** The answer of the run that collected the calling one, at no usage; fails as that run did. */
  shareAnswer(input: { readonly client: string; readonly runId: string }): Promise<AgentAnswer>;
}

/** A workflow task of a session or a run that a worker has taken is given to another after this time, in milliseconds. */
const WORKFLOW_TASK_TIMEOUT_MS = 5000;

/** What a session is started with, by whoever brings its first run. */
export function sessionOptions(id: string, taskQueue: string, first: Ticket) {
  return {
    workflowId: id,
    taskQueue,
    args: [{ queue: [first], seen: [] }] as [SessionState],
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    staticSummary: 'takes turns: the runs of one session',
  };
}

/** The same for `signalWithStart`: the session is started where it has no run. */
export function joinOptions(id: string, taskQueue: string, ticket: Ticket) {
  return { ...sessionOptions(id, taskQueue, ticket), signal: SESSION_SIGNAL.join, signalArgs: [ticket] as [Ticket] };
}
