import { PAUSE_INFO, SEARCH_ATTRIBUTE } from '../contract/search-attributes.ts';
import { WORKFLOW } from '../contract/names.ts';

/** A query for the list of the Temporal UI, and what it finds. */
export interface UiQuery {
  readonly title: string;
  readonly finds: string;
  /** @param day the first day that counts, in UTC: `2026-01-31` */
  readonly query: (day: string) => string;
}

/** With `=`, because the filters of the UI show an `IN` as a text and break it when they are edited. */
const IS_A_TASK = `WorkflowType = '${WORKFLOW.agentRun}'`;
const OPEN = "ExecutionStatus = 'Running'";
const { callback, agent, waiting } = SEARCH_ATTRIBUTE;

/** What an engineer on call looks for, by name. The page `docs/temporal-ui.md` and the banner of `dev` are made from it. */
export const UI_QUERIES = {
  failed: {
    title: 'failed today',
    finds:
      'Runs that closed as failed or timed out since the day began in UTC. A failed run closes when its callback is delivered.',
    query: (day) => `${IS_A_TASK} AND ExecutionStatus = 'Failed' AND CloseTime >= '${day}T00:00:00Z'`,
  },
  dead: {
    title: 'dead letters',
    finds: 'Runs whose callback was given up, and can be redelivered.',
    query: () => `${IS_A_TASK} AND ${OPEN} AND ${callback} = 'dead'`,
  },
  retrying: {
    title: 'retrying',
    finds: 'Runs with an outcome whose callback has failed at least once and is attempted again.',
    query: () => `${IS_A_TASK} AND ${OPEN} AND ${callback} = 'retrying'`,
  },
  waiting: {
    title: 'waits for an agent at fault',
    finds: `Runs whose agent is unreachable, refuses its key or has spent its budget, and is asked again in ten seconds or more. The column \`${waiting}\` tells the failure.`,
    query: () => `${IS_A_TASK} AND ${OPEN} AND ${waiting} IS NOT NULL`,
  },
  unanswered: {
    title: 'at work or waiting',
    finds:
      'Runs that wait for a worker or a permit of their agent, or are at work; also a callback in its first attempt.',
    query: () =>
      `${IS_A_TASK} AND ${OPEN} AND ${callback} IS NULL AND ${PAUSE_INFO.name} IS NULL AND ${waiting} IS NULL`,
  },
  paused: {
    title: 'paused',
    finds: 'Runs with an activity that an operator paused, agent or callback. Temporal Server sets this from 1.28 on.',
    query: () => `${IS_A_TASK} AND ${OPEN} AND ${PAUSE_INFO.name} IS NOT NULL`,
  },
  ofAgent: {
    title: 'open runs of one agent',
    finds: 'Replace `main` by the name of the agent.',
    query: () => `${IS_A_TASK} AND ${OPEN} AND ${agent} = 'main'`,
  },
} as const satisfies Record<string, UiQuery>;

/**
 * The address of the list with a query.
 *
 * @param list the list of the Temporal UI: `http://localhost:8233/namespaces/default/workflows`
 */
export function toUiLink(list: string, { query }: UiQuery, day: string): string {
  return `${list}?query=${encodeURIComponent(query(day))}`;
}
