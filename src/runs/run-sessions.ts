import { WorkflowExecutionAlreadyStartedError, WorkflowUpdateFailedError } from '@temporalio/client';
import {
  AGENT_SESSION,
  CLOGGED_EVENTS,
  joinOptions,
  SESSION_IDLE,
  SESSION_QUERY,
  SESSION_RESERVE,
  SESSION_SIGNAL,
  sessionOptions,
  type SessionView,
  type Ticket,
  toTicket,
} from '../contract/session.ts';
import { ProblemError } from '../protocol/problem-error.ts';
import type { TaskPlan } from './accepted-task.ts';
import type { AskTemporal } from './ask-temporal.ts';

/**
 * What the ingress asks of sessions: places for runs before they are recorded, and the turns as they stand. `until` is a time of
 * `performance.now()`.
 */
export interface RunSessions {
  /**
   * Whether the session takes the run. With the policy `reject` a session that is idle is reserved for it, so that of two tasks that
   * come together one is refused.
   *
   * @returns the problem to answer with; undefined: the run may be recorded
   */
  admit(task: TaskPlan, until: number): Promise<ProblemError | undefined>;
  /** Announces a run that is recorded. Never rejects: a run that is not announced asks for its turn itself. */
  join(task: TaskPlan, until: number): Promise<void>;
  /** Takes back what `admit` reserved. Never rejects: the session finds out by itself, only later. */
  withdraw(task: TaskPlan, until: number): Promise<void>;
  /** The turns of a session; undefined where it has no run. */
  read(sessionId: string, until: number): Promise<SessionView | undefined>;
  /** Cancels what waits. */
  empty(sessionId: string, until: number): Promise<void>;
}

/** How long a session that had room is taken to have some: every question to a busy session delays it. */
const HAS_ROOM_MS = 1000;

/** Sessions on a real Temporal server. */
export function createRunSessions(ask: AskTemporal, taskQueue: string): RunSessions {
  const hadRoom = new Set<string>();
  const describe = async (id: string, until: number) => {
    try {
      const found = await ask('describeSession', until, (temporal) => temporal.workflow.getHandle(id).describe());
      return found.status.name === 'RUNNING' ? found : undefined;
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'not_found') return undefined;
      throw error;
    }
  };
  const reserve = (id: string, ticket: Ticket, until: number): Promise<boolean> =>
    ask('reserveSession', until, async (temporal) => {
      try {
        await temporal.workflow.getHandle(id).executeUpdate(SESSION_RESERVE, { args: [ticket] });
        return true;
      } catch (error) {
        if (error instanceof WorkflowUpdateFailedError) return false;
        throw error;
      }
    });
  return {
    async admit(task, until) {
      const { session } = task.input;
      if (session === undefined || session.announcesItself === true) return undefined;
      if (task.sessionPolicy !== 'reject') {
        if (hadRoom.has(session.id)) return undefined;
        const open = await describe(session.id, until);
        if (open?.memo?.['full'] === true || (open?.historyLength ?? 0) > CLOGGED_EVENTS) return full();
        hadRoom.add(session.id);
        setTimeout(() => hadRoom.delete(session.id), HAS_ROOM_MS).unref();
        return undefined;
      }
      try {
        const options = { ...sessionOptions(session.id, taskQueue, toTicket(task.runId, session)) };
        await ask('startSession', until, (temporal) =>
          temporal.workflow.start(AGENT_SESSION, { ...options, workflowIdConflictPolicy: 'FAIL' }),
        );
        return undefined;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        // A session that only remembers its turns takes the run, if it is the first to ask.
        const isIdle = (await describe(session.id, until))?.memo?.[SESSION_IDLE] === true;
        return isIdle && (await reserve(session.id, toTicket(task.runId, session), until)) ? undefined : busy();
      }
    },

    async join(task, until) {
      const { session } = task.input;
      // A reserved session knows its run.
      if (session === undefined || session.announcesItself === true || task.sessionPolicy === 'reject') return;
      await ask('joinSession', until, (temporal) =>
        temporal.workflow.signalWithStart(
          AGENT_SESSION,
          joinOptions(session.id, taskQueue, toTicket(task.runId, session)),
        ),
      ).catch(() => undefined);
    },

    async withdraw({ runId, input: { session }, sessionPolicy }, until) {
      if (session === undefined || sessionPolicy !== 'reject') return;
      await ask('leaveSession', until, (temporal) =>
        temporal.workflow.getHandle(session.id).signal(SESSION_SIGNAL.leave, { runId }),
      ).catch(() => undefined);
    },

    async read(sessionId, until) {
      const open = await describe(sessionId, until);
      if (open === undefined) return undefined;
      if (open.memo?.[SESSION_IDLE] === true) return { queue: [] };
      return ask('querySession', until, (temporal) =>
        temporal.workflow.getHandle(sessionId).query<SessionView>(SESSION_QUERY),
      );
    },

    async empty(sessionId, until) {
      await ask('emptySession', until, (temporal) =>
        temporal.workflow.getHandle(sessionId).signal(SESSION_SIGNAL.empty),
      );
    },
  };
}

function busy(): ProblemError {
  return new ProblemError(
    'session_busy',
    'Another run of this session key is at work or waits, and this task may not wait: send it again when that run has answered.',
  );
}

function full(): ProblemError {
  return new ProblemError(
    'session_full',
    'Too many runs of this session key wait for their turn: retry later, or use several keys.',
  );
}
