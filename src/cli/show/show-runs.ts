import type { RunResource } from '../../protocol/run-resource.ts';
import type { Colors } from '../cli-io.ts';
import { STATUS_COLOR, STATUS_WORDS } from './show-run.ts';
import { showAge } from './show-time.ts';
import { toColumns, toOneLine } from './terminal-text.ts';

const SESSION_CHARACTERS = 30;
const GAP = '  ';
/** The task is not shown in less. */
const LEAST_TASK = 16;

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly width: number;
}

/**
 * Runs as a table, one per line, the columns aligned. It has what fits beside the id and the status: the age, the task, then the
 * columns where a run has something to tell.
 *
 * @param options.now milliseconds since the epoch; ages are relative to it
 * @param options.columns width of the terminal
 */
export function showRuns(
  runs: readonly RunResource[],
  { now, colors, columns }: { readonly now: number; readonly colors: Colors; readonly columns: number },
): string {
  const column = (title: string, read: (run: RunResource) => string | undefined): Column => {
    const cells = runs.map((run) => read(run) ?? '');
    return { title, cells, width: Math.max(title.length, ...cells.map((cell) => cell.length)) };
  };
  const status = column('status', (run) => STATUS_WORDS[run.status]);
  const shown = [column('run', ({ id }) => id), status];
  const hasTasks = runs.some(({ summary }) => summary !== undefined);
  const forTask = hasTasks ? GAP.length + LEAST_TASK : 0;
  const used = (): number => shown.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length);
  // In the order of their weight, which is that from left to right.
  for (const optional of [
    column('age', ({ created_at }) => created_at && showAge(created_at, now)),
    column('callback', ({ callback }) => (callback.status === 'none' ? '' : callback.status)),
    column('error', ({ error }) => error?.code),
    column('agent', ({ agent, workflow }) => agent?.name ?? workflow),
    column('session', ({ session_key = '' }) => toOneLine(session_key, SESSION_CHARACTERS)),
  ]) {
    const isEmpty = optional.cells.every((cell) => cell === '');
    if (!isEmpty && used() + GAP.length + optional.width + forTask <= columns) shown.push(optional);
  }
  const left = columns - used() - GAP.length;
  if (hasTasks && left >= LEAST_TASK) shown.push(column('task', ({ summary = '' }) => toColumns(summary, left)));
  const head = shown.map(({ title, width }) => title.padEnd(width)).join(GAP);
  const lines = runs.map((run, row) =>
    shown
      .map((one) => {
        const cell = (one.cells[row] ?? '').padEnd(one.width);
        return one === status ? colors[STATUS_COLOR[run.status]](cell) : cell;
      })
      .join(GAP)
      .trimEnd(),
  );
  return [colors.dim(head.trimEnd()), ...lines].join('\n');
}
