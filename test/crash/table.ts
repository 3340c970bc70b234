const WIDTHS = [10, 7, 9, 10, 12, 13, 15, 16];
const HEADINGS = [
  'kill -9',
  'at',
  'in flight',
  'recovered',
  'agent again',
  'agent doubled',
  'callback again',
  'callback doubled',
];

const line = (cells: readonly string[]): string =>
  `${cells
    .map((cell, index) => (index === 0 ? cell.padEnd(WIDTHS[0] ?? 0) : cell.padStart(WIDTHS[index] ?? 0)))
    .join(' ')
    .trimEnd()}\n`;

/** One line of the table. */
export interface Row {
  readonly what: string;
  /** From the first webhook to the kill. */
  readonly afterMs: number;
  readonly inFlight: number;
  /** The longest that a run waited for its delivery from the kill on, or from its sending when that came later; undefined: too long. */
  readonly recoveredMs: number | undefined;
  /** Calls of the agent that were cut off and made again. */
  readonly calledAgain: number;
  /** Calls that were made again although the agent had answered. */
  readonly doubledAnswers: number;
  /** Callbacks that were cut off and sent again. */
  readonly sentAgain: number;
  /** Callbacks that were sent again although the receiver had answered 2xx. */
  readonly doubledCallbacks: number;
}

/** The table's head. */
export function headLine(): string {
  return line(HEADINGS);
}

/** One row as text. */
export function rowLine(row: Row): string {
  return line([
    row.what,
    seconds(row.afterMs),
    String(row.inFlight),
    row.recoveredMs === undefined ? 'NOT' : seconds(row.recoveredMs),
    String(row.calledAgain),
    String(row.doubledAnswers),
    String(row.sentAgain),
    String(row.doubledCallbacks),
  ]);
}

/** Milliseconds as seconds. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
