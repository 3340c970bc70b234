/** How much is measured. */
export interface Scale {
  readonly name: 'quick' | 'full';
  /** Every comparison alternates so many times. */
  readonly rounds: number;
  readonly starts: number;
  readonly runs: number;
  readonly latencySeconds: number;
  readonly slowRuns: number;
  readonly openRuns: number;
}

export const SCALES: Readonly<Record<Scale['name'], Scale>> = {
  quick: { name: 'quick', rounds: 3, starts: 300, runs: 100, latencySeconds: 3, slowRuns: 200, openRuns: 1000 },
  full: { name: 'full', rounds: 5, starts: 1000, runs: 400, latencySeconds: 12, slowRuns: 200, openRuns: 10_000 },
};
