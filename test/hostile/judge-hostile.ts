import type { Seen } from './genuine-sender.ts';

/** What was measured during one attack. */
export interface Measured extends Seen {
  readonly what: string;
  /** Most that the product's process held, in MiB. */
  readonly mebibytes: number;
  /** Cores that it used. */
  readonly cores: number;
  readonly isJudged: boolean;
}

export const MAX_P99_MS = 500;
export const MAX_MEBIBYTES = 400;
/** Where a genuine delivery takes this long undisturbed, the machine is busy with something else. */
export const BUSY_P99_MS = 150;
/** Of few that are accepted, a percentile says nothing. */
const MAX_REFUSED = 0.5;

/** What does not hold, as sentences; empty when all does. */
export function findBroken(measured: readonly Measured[]): string[] {
  return measured
    .filter(({ isJudged }) => isJudged)
    .flatMap(({ what, sent, refused, p99, mebibytes }) => [
      ...(p99 < MAX_P99_MS ? [] : [`${what}: p99 of a genuine delivery is ${ms(p99)}, not below ${MAX_P99_MS} ms.`]),
      ...(mebibytes < MAX_MEBIBYTES ? [] : [`${what}: ${Math.round(mebibytes)} MiB, not below ${MAX_MEBIBYTES} MiB.`]),
      ...(refused <= sent * MAX_REFUSED ? [] : [`${what}: ${refused} of ${sent} genuine deliveries were refused.`]),
    ]);
}

const COLUMNS: readonly (readonly [string, (row: Measured) => string])[] = [
  ['sent', ({ sent }) => String(sent)],
  ['refused', ({ refused }) => String(refused)],
  ['p50', ({ p50 }) => ms(p50)],
  ['p99', ({ p99 }) => ms(p99)],
  ['memory', ({ mebibytes }) => `${Math.round(mebibytes)} MiB`],
  ['CPU', ({ cores }) => `${cores.toFixed(2)} cores`],
];

/** The table, each line with its end. */
export function headLine(): string {
  return line(
    'while a genuine sender sends',
    COLUMNS.map(([heading]) => heading),
  );
}

export function rowLine(row: Measured): string {
  return line(
    row.what,
    COLUMNS.map(([, cell]) => cell(row)),
  );
}

function line(first: string, cells: readonly string[]): string {
  return `${first.padEnd(30)}${cells.map((cell) => cell.padStart(12)).join('')}\n`;
}

function ms(milliseconds: number): string {
  return Number.isNaN(milliseconds) ? 'none' : `${Math.round(milliseconds)} ms`;
}
