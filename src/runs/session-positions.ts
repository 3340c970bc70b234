import { SESSION_QUERY, type SessionView } from '../contract/session.ts';
import { within } from '../timing/within.ts';
import type { AskTemporal } from './ask-temporal.ts';

/** How long the order of a session is taken for what it was: every question to a busy session delays it. */
const KNOWN_FOR_MS = 1000;
/** A run is told without its position rather than late. */
const ANSWERS_WITHIN_MS = 300;
/** A session that did not answer, such as one without a worker, is left alone for this long. */
const LEFT_ALONE_MS = 10_000;

/** Which of the runs that wait a run is, from 1; undefined where its session does not say. Never rejects. */
export type FindPosition = (sessionId: string, runId: string, until: number) => Promise<number | undefined>;

/** Asks each session once a second at most, however many of its runs are read. */
export function createFindPosition(ask: AskTemporal): FindPosition {
  const known = new Map<string, Promise<SessionView | undefined>>();
  const look = async (id: string, until: number): Promise<SessionView | undefined> => {
    const view = await ask('querySession', until, (temporal) =>
      within(
        ANSWERS_WITHIN_MS,
        temporal.workflow
          .getHandle(id)
          .query<SessionView>(SESSION_QUERY)
          .catch(() => undefined),
        () => undefined,
      ),
    ).catch(() => undefined);
    setTimeout(() => known.delete(id), view === undefined ? LEFT_ALONE_MS : KNOWN_FOR_MS).unref();
    return view;
  };
  return async (sessionId, runId, until) => {
    const view = known.get(sessionId) ?? look(sessionId, until);
    known.set(sessionId, view);
    const index = (await view)?.queue.indexOf(runId) ?? -1;
    return index === -1 ? undefined : index + 1;
  };
}
