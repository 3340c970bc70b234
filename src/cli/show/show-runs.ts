import type { RunResource } from '../../protocol/run-resource.ts';
import type { Colors } from './colors.ts';
import { STATUS_COLOR, STATUS_WORDS } from './show-run.ts';
import { showRelative } from './show-time.ts';
import { toOneLine } from './terminal-text.ts';

const SESSION_CHARACTERS = 30;
const GAP = '  ';

/**
 * Runs as a table, one a line, the columns aligned.
 *
 * @param now milliseconds since the epoch; times are told relative to it
 */
export function showRuns(
  runs: readonly RunResource[],
  { now, colors }: { readonly now: number; readonly colors: Colors },
): string {
  const head = ['run', 'status', 'callback', 'agent', 'session', 'created', 'error'];
  const rows = runs.map((run) => [
    run.id,
    STATUS_WORDS[run.status],
    run.callback.status,
    run.agent?.name ?? '',
    toOneLine(run.session_key ?? '', SESSION_CHARACTERS),
    run.created_at === undefined ? '' : showRelative(run.created_at, now),
    run.error?.code ?? '',
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string[] => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  const lines = rows.map((row, index) => {
    const [id = '', status = '', ...rest] = line(row);
    const paint = colors[STATUS_COLOR[runs[index]?.status ?? 'queued']];
    return [id, paint(status), ...rest].join(GAP).trimEnd();
  });
  return [colors.dim(line(head).join(GAP).trimEnd()), ...lines].join('\n');
}
