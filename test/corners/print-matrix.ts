import type { CellResult } from './corner-round.ts';
import type { Event } from './events.ts';
import { STATE_NAMES } from './states.ts';

const PER_LINE = 100;

/** Events down, states across: `ok`, `FAIL`, or `-` where a cell was not played. Then a line for each cell that failed. */
export function printMatrix(results: readonly CellResult[]): string {
  const states = STATE_NAMES.filter((state) => results.some((result) => result.state === state));
  const events = [...new Set(results.map(({ event }) => event))];
  const first = Math.max(...events.map((event) => event.length));
  const cell = (event: Event, state: (typeof states)[number]): string => {
    const found = results.find((result) => result.event === event && result.state === state);
    if (found === undefined) return '-';
    return found.faults.length === 0 ? 'ok' : 'FAIL';
  };
  const row = (head: string, cells: readonly string[]): string =>
    `${head.padEnd(first)}  ${cells.map((text, index) => text.padEnd(states[index]?.length ?? 0)).join('  ')}`.trimEnd();
  const failed = results.filter(({ faults }) => faults.length > 0);
  const lines = [
    row('', states),
    ...events.map((event) =>
      row(
        event,
        states.map((state) => cell(event, state)),
      ),
    ),
    '',
    ...failed.map(({ state, event, faults }) => `${state} × ${event}: ${shorten(faults)}`),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function shorten(faults: readonly string[]): string {
  const text = faults.join('; ');
  return text.length <= 4 * PER_LINE ? text : `${text.slice(0, 4 * PER_LINE)} …`;
}
