/** How much is measured. */
export interface Scale {
  readonly name: 'quick' | 'full';
  /** Every comparison alternates so many times. */
  readonly rounds: number;
  /** Whether PostgreSQL is started a second time, with Temporal as shipped. */
  readonly shippedPostgres: boolean;
  /** Before the first round, on each side; V8 compiles meanwhile. */
  readonly warmUp: number;
  /** In a round. */
  readonly starts: number;
  readonly runs: number;
  readonly latencySeconds: number;
  /** Answers one at a time, in a round and on each side. */
  readonly answers: number;
  /** Runs whose calls of the Temporal server are counted, on each side. */
  readonly countedRuns: number;
  readonly slowRuns: number;
  readonly openRuns: number;
}

export const SCALES: Readonly<Record<Scale['name'], Scale>> = {
  quick: {
    name: 'quick',
    rounds: 2,
    shippedPostgres: false,
    warmUp: 40,
    starts: 150,
    runs: 48,
    latencySeconds: 1.4,
    answers: 25,
    countedRuns: 20,
    slowRuns: 200,
    openRuns: 500,
  },
  full: {
    name: 'full',
    rounds: 5,
    shippedPostgres: true,
    warmUp: 200,
    starts: 600,
    runs: 250,
    latencySeconds: 6,
    answers: 60,
    countedRuns: 50,
    slowRuns: 200,
    openRuns: 5_000,
  },
};
